import { memo, type RefObject } from "react";
import { IconButton } from "../icon-button";
import { markColor } from "../marks";
import styles from "./spans.module.css";
import type { Span } from "./spans-value";

interface Deeds {
  readonly show: (span: Span) => void;
  readonly remove: (span: Span) => void;
}

interface Props {
  readonly spans: readonly Span[];
  readonly places: ReadonlyMap<string | undefined, number>;
  readonly titles: ReadonlyMap<string | undefined, string>;
  readonly disabled: boolean;
  /** Always the same object, so that only rows whose span changes are drawn again. */
  readonly deeds: RefObject<Deeds>;
}

/** All marks in the order of the text: to go to one, and to take one away. */
export const SpanList = memo(function SpanList({ spans, places, titles, ...props }: Props) {
  if (spans.length === 0) return null;
  return (
    <ul className={styles.list} aria-label="Marked passages">
      {spans.map((span) => (
        <Row
          key={`${span.start} ${span.end} ${span.label}`}
          span={span}
          place={places.get(span.label) ?? 0}
          title={titles.get(span.label)}
          {...props}
        />
      ))}
    </ul>
  );
});

interface RowProps extends Pick<Props, "disabled" | "deeds"> {
  readonly span: Span;
  /** The place of its label among the options. */
  readonly place: number;
  readonly title: string | undefined;
}

const Row = memo(function Row({ span, place, title, disabled, deeds }: RowProps) {
  return (
    <li className={styles.row}>
      <button type="button" className={styles.quote} onClick={() => deeds.current.show(span)}>
        {span.quote}
      </button>
      <span className={styles.label} style={{ color: markColor(place) }}>
        {title}
      </span>
      <IconButton
        icon="remove"
        title={`Remove the mark “${span.quote.slice(0, 60)}”`}
        disabled={disabled}
        onClick={() => deeds.current.remove(span)}
      />
    </li>
  );
});
