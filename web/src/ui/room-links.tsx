import { addressOfRoom, roomsFor } from "../rooms";
import styles from "./room-links.module.css";

interface Props {
  readonly roles: readonly string[];
  /** The room that is open. */
  readonly here: string;
  readonly project: string | undefined;
}

/** Links to the rooms of the person's roles; nothing if there is only one. */
export function RoomLinks({ roles, here, project }: Props) {
  const rooms = roomsFor(roles);
  if (rooms.length < 2) {
    return null;
  }
  return (
    <nav aria-label="Rooms" className={styles.links}>
      {rooms.map((room) => (
        <a
          key={room.name}
          href={addressOfRoom(room.name, project)}
          className={styles.link}
          aria-current={room.name === here ? "page" : undefined}
        >
          {room.title}
        </a>
      ))}
    </nav>
  );
}
