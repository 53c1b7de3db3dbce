import type { ReactNode } from "react";
import type { Session } from "../api/session";
import { Logo } from "./logo";
import { RoomLinks } from "./room-links";
import { TextSize } from "./text-size";
import styles from "./top-bar.module.css";

interface Props {
  readonly session: Session;
  /** The name of the room that is open. */
  readonly room: string;
  readonly project: string | undefined;
  /** The place within the room: a project and its version, for example. */
  readonly where: string;
  /** The person's progress, if the room has one. */
  readonly progress?: ReactNode;
  readonly onSignOut: () => void;
}

/** The rooms, the place in the open one, the person's progress, and the way out. */
export function TopBar({ session, room, project, where, progress, onSignOut }: Props) {
  return (
    <header className={styles.bar}>
      <Logo />
      <RoomLinks roles={session.roles} here={room} project={project} />
      <span className={styles.where}>{where}</span>
      <span className={styles.progress}>{progress}</span>
      <TextSize />
      <span className={styles.name}>{session.name}</span>
      <button type="button" className="button quiet" onClick={onSignOut}>
        Sign out
      </button>
    </header>
  );
}
