/** The marks of all answers in one text, each under the name of its annotator. */

import type { CodePoints } from "../widgets/code-points";
import { lanesOf, type Mark } from "../widgets/spans/layout";
import { spansOf } from "../widgets/spans/spans-value";
import type { Candidate } from "./candidates";

/** The answers of one annotator, and the place of its colour. */
export interface Layer {
  readonly candidate: Candidate;
  readonly place: number;
}

export interface LayeredMarks {
  /** In the order of the text; `label` names annotator and label together. */
  readonly marks: readonly Mark[];
  readonly places: ReadonlyMap<string | undefined, number>;
  readonly titles: ReadonlyMap<string | undefined, string>;
}

/** Return the marks of all layers in one text. `titleOf` gives the title of a label. */
export function layeredMarks(
  layers: readonly Layer[],
  field: string,
  points: CodePoints,
  titleOf: (label: string) => string,
): LayeredMarks {
  const places = new Map<string | undefined, number>();
  const titles = new Map<string | undefined, string>();
  const passages = layers.flatMap(({ candidate, place }) =>
    spansOf(candidate.label[field]).map((span) => {
      const name = `${candidate.name}\n${span.label ?? ""}`;
      places.set(name, place);
      titles.set(
        name,
        span.label === undefined ? candidate.name : `${candidate.name}: ${titleOf(span.label)}`,
      );
      return { start: points.toUnit(span.start), end: points.toUnit(span.end), label: name };
    }),
  );
  passages.sort((one, other) => one.start - other.start || other.end - one.end);
  const lanes = lanesOf(passages);
  const marks = passages.map((passage, at) => ({ ...passage, place: at, lane: lanes[at] ?? 0 }));
  return { marks, places, titles };
}
