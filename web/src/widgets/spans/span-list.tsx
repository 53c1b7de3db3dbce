import { memo } from "react";
import { IconButton } from "../icon-button";
import { markColor } from "../marks";
import styles from "./spans.module.css";
import type { Span } from "./spans-value";

interface Props {
  readonly spans: readonly Span[];
  readonly places: ReadonlyMap<string | undefined, number>;
  readonly titles: ReadonlyMap<string | undefined, string>;
  readonly disabled: boolean;
  readonly onShow: (place: number) => void;
  readonly onRemove: (place: number) => void;
}

/** All marks in the order of the text: to go to one, and to take one away. */
export const SpanList = memo(function SpanList({ spans, places, titles, ...props }: Props) {
  if (spans.length === 0) return null;
  return (
    <ul className={styles.list} aria-label="Marked passages">
      {spans.map(({ start, end, label, quote }, place) => (
        <li key={`${start} ${end} ${label}`} className={styles.row}>
          <button type="button" className={styles.quote} onClick={() => props.onShow(place)}>
            {quote}
          </button>
          <span className={styles.label} style={{ color: markColor(places.get(label) ?? 0) }}>
            {titles.get(label)}
          </span>
          <IconButton
            icon="remove"
            title={`Remove the mark “${quote.slice(0, 60)}”`}
            disabled={props.disabled}
            onClick={() => props.onRemove(place)}
          />
        </li>
      ))}
    </ul>
  );
});
