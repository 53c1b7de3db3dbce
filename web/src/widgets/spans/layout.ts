/** How a text with spans is drawn: in chunks, of which only those in sight cost time. */

import { countUntil } from "../code-points";
import { isInsidePair } from "./boundaries";
import type { Passage } from "./spans-value";

/** A span in UTF-16 units with the row of its underline. */
export interface Mark extends Passage {
  /** Its place in the answer. */
  readonly place: number;
  readonly lane: number;
  readonly label: string | undefined;
}

export interface Segment extends Passage {
  /** The marks over this segment, the longest first. */
  readonly marks: readonly Mark[];
}

const CHUNK = 1500;
/** Lines longer than this are broken at white space. */
const LINE_MAX = 6000;

/** Cut a text into chunks of whole lines, each of about `CHUNK` units. */
export function chunksOf(text: string): Passage[] {
  const chunks: Passage[] = [];
  for (let start = 0; start < text.length; ) {
    const end = chunkEnd(text, start);
    chunks.push({ start, end });
    start = end;
  }
  return chunks;
}

function chunkEnd(text: string, start: number): number {
  const line = text.indexOf("\n", start + CHUNK);
  const end = line < 0 ? text.length : line + 1;
  if (end - start <= LINE_MAX) return end;
  const inner = text.lastIndexOf("\n", start + CHUNK) + 1;
  if (inner > start) return inner;
  const space = text.lastIndexOf(" ", start + LINE_MAX) + 1;
  const cut = space > start ? space : start + LINE_MAX;
  return isInsidePair(text, cut) ? cut - 1 : cut;
}

/** Give each passage the lowest lane that is free where it begins. Passages are in order of start. */
export function lanesOf(passages: readonly Passage[]): number[] {
  const ends: number[] = [];
  return passages.map(({ start, end }) => {
    const free = ends.findIndex((taken) => taken <= start);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = end;
    return lane;
  });
}

/** The marks of each chunk. Both are in order of start. */
export function marksByChunk(chunks: readonly Passage[], marks: readonly Mark[]): Mark[][] {
  const result: Mark[][] = chunks.map(() => []);
  for (const mark of marks) {
    const first = countUntil(chunks.length, (n) => (chunks[n]?.end ?? 0) <= mark.start);
    for (let n = first; n < chunks.length && (chunks[n]?.start ?? 0) < mark.end; n++) {
      result[n]?.push(mark);
    }
  }
  return result;
}

/** Cut a chunk at every beginning and end of a mark. */
export function segmentsOf({ start, end }: Passage, marks: readonly Mark[]): Segment[] {
  const inside = marks.flatMap((mark) => [mark.start, mark.end]);
  const cuts = [...new Set([start, end, ...inside.filter((unit) => unit > start && unit < end)])];
  cuts.sort((a, b) => a - b);
  const ordered = marks.toSorted((a, b) => b.end - b.start - (a.end - a.start));
  return cuts.slice(0, -1).map((from, index) => {
    const to = cuts[index + 1] ?? end;
    return {
      start: from,
      end: to,
      marks: ordered.filter((mark) => mark.start <= from && mark.end >= to),
    };
  });
}
