import { memo } from "react";
import { markColor } from "../marks";
import { type Mark, type Segment, segmentsOf } from "./layout";
import { CHUNK_START } from "./selection";
import styles from "./spans.module.css";
import type { Passage } from "./spans-value";

interface Props extends Passage {
  readonly text: string;
  readonly marks: readonly Mark[];
  /** The place of each label among the options, and its title. */
  readonly places: ReadonlyMap<string | undefined, number>;
  readonly titles: ReadonlyMap<string | undefined, string>;
  /** The place of the mark at the cursor. */
  readonly current: number;
}

/** A few lines of the text with their marks. It is drawn again only when its own marks change. */
export const Chunk = memo(function Chunk(props: Props) {
  return (
    <div className={styles.chunk} {...{ [CHUNK_START]: props.start }}>
      {segmentsOf(props, props.marks).map((segment) => (
        <Piece key={segment.start} {...props} segment={segment} />
      ))}
    </div>
  );
}, isDrawnAlike);

function Piece({ text, segment, places, titles, current }: Props & { readonly segment: Segment }) {
  const content = text.slice(segment.start, segment.end);
  const innermost = segment.marks.at(-1);
  if (!innermost) return content;
  const starting = segment.marks.filter((mark) => mark.start === segment.start);
  const tag = starting.flatMap(({ label }) => titles.get(label) ?? []).join(" · ");
  const isCurrent = segment.marks.some((mark) => mark.place === current);
  return (
    <span
      className={isCurrent ? `${styles.mark} ${styles.current}` : styles.mark}
      style={markStyle(segment.marks, (mark) => markColor(places.get(mark.label) ?? 0))}
      data-tag={tag || undefined}
    >
      {content}
    </span>
  );
}

const LINE = 3;
const GAP = 1;

/** A tint for the innermost mark, and an underline for each, in its own lane. */
function markStyle(marks: readonly Mark[], color: (mark: Mark) => string) {
  const deepest = Math.max(...marks.map(({ lane }) => lane));
  const tint = color(marks[marks.length - 1] as Mark);
  const soft = `color-mix(in srgb, ${tint} 20%, transparent)`;
  const bottom = (lane: number) => `0 calc(100% - ${(deepest - lane) * (LINE + GAP)}px)`;
  return {
    color: "inherit",
    "--tag": tint,
    backgroundColor: soft,
    backgroundImage: marks.map((mark) => `linear-gradient(${color(mark)}, ${color(mark)})`).join(),
    backgroundPosition: marks.map(({ lane }) => bottom(lane)).join(),
    backgroundSize: `100% ${LINE}px`,
    paddingBottom: deepest * (LINE + GAP) + LINE,
  };
}

function isDrawnAlike(a: Props, b: Props): boolean {
  const isAlike =
    a.text === b.text && a.start === b.start && a.end === b.end && a.places === b.places;
  return (
    isAlike &&
    a.marks.length === b.marks.length &&
    a.marks.every((mark, n) => isAlikeMark(mark, b.marks[n], a, b))
  );
}

function isAlikeMark(mark: Mark, other: Mark | undefined, a: Props, b: Props): boolean {
  return (
    mark.start === other?.start &&
    mark.end === other.end &&
    mark.label === other.label &&
    mark.lane === other.lane &&
    (mark.place === a.current) === (other.place === b.current)
  );
}
