import styles from "./option-search.module.css";
import { pathOf } from "./search";

/** The height of a row in pixels, as in the style sheet. */
export const ROW = 36;

interface Props {
  readonly id: string;
  readonly title: string;
  readonly index: number;
  readonly size: number;
  readonly isChosen: boolean;
  readonly isCurrent: boolean;
  readonly onChoose: () => void;
}

/** One row of a taxonomy: the option's own name, and the path to it. */
export function OptionRow({ id, title, index, size, isChosen, isCurrent, onChoose }: Props) {
  const { parents, name } = pathOf(title);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the search input has the focus and names this row
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search input handles the keys
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      aria-setsize={size}
      aria-posinset={index + 1}
      className={isCurrent ? `${styles.row} ${styles.current}` : styles.row}
      style={{ top: index * ROW }}
      onClick={onChoose}
    >
      <span className={styles.mark} aria-hidden="true">
        {isChosen ? "✓" : ""}
      </span>
      <span className={styles.name}>{name}</span>
      <span className={styles.parents}>{parents}</span>
    </div>
  );
}
