import type { Work } from "../annotate/work";
import { Logo } from "./logo";
import { TextSize } from "./text-size";
import styles from "./top-bar.module.css";

interface Props {
  readonly name: string;
  /** Project and version. */
  readonly where: string;
  readonly work: Work;
  readonly onSignOut: () => void;
}

/** Where one is, how far one has come, and the way out. */
export function TopBar({ name, where, work, onSignOut }: Props) {
  return (
    <header className={styles.bar}>
      <Logo />
      <span className={styles.where}>{where}</span>
      <span className={styles.progress}>
        {work.answered} answered{work.waiting ? `, ${work.waiting} to be sent` : ""}
      </span>
      <TextSize />
      <span className={styles.name}>{name}</span>
      <button type="button" className="button quiet" onClick={onSignOut}>
        Sign out
      </button>
    </header>
  );
}
