import { markColor } from "../marks";
import styles from "./boxes.module.css";
import { type Box, HANDLES } from "./geometry";

interface Props {
  readonly box: Box;
  readonly title: string;
  readonly colorPlace: number;
  readonly isSelected: boolean;
}

/** One box on the image; the selected one has handles. */
export function BoxView({ box, title, colorPlace, isSelected }: Props) {
  const { x, y, width, height } = box;
  return (
    <div
      className={isSelected ? `${styles.box} ${styles.selected}` : styles.box}
      style={{
        "--box": markColor(colorPlace),
        left: `${x * 100}%`,
        top: `${y * 100}%`,
        width: `${width * 100}%`,
        height: `${height * 100}%`,
      }}
    >
      {title ? <span className={styles.title}>{title}</span> : null}
      {isSelected
        ? HANDLES.map((handle) => (
            <span key={handle} className={styles.handle} data-handle={handle} />
          ))
        : null}
    </div>
  );
}
