import { IconButton } from "../icon-button";
import { markColor } from "../marks";
import styles from "./boxes.module.css";
import { boxInBrief } from "./boxes-value";
import type { Boxes } from "./use-boxes";

interface Props {
  readonly boxes: Boxes;
  readonly disabled: boolean;
  readonly onSelect: (place: number) => void;
}

/** All boxes in the order in which they were drawn: to go to one, and to take one away. */
export function BoxList({ boxes, disabled, onSelect }: Props) {
  if (boxes.boxes.length === 0) return null;
  return (
    <ol className={styles.list} aria-label="Boxes">
      {boxes.boxes.map((box, place) => (
        <li key={place} className={styles.row}>
          <span
            className={styles.swatch}
            style={{ background: markColor(boxes.colorPlace(box.label)) }}
          />
          <button
            type="button"
            className={styles.name}
            aria-pressed={place === boxes.place}
            onClick={() => onSelect(place)}
          >
            {boxes.titleOf(box)} <span className={styles.size}>{boxInBrief(box)}</span>
          </button>
          <IconButton
            icon="remove"
            title={`Remove ${boxes.titleOf(box)}, number ${place + 1}`}
            disabled={disabled}
            onClick={() => boxes.remove(place)}
          />
        </li>
      ))}
    </ol>
  );
}
