/** What the actions of a person make of the answer to a `spans` field. Offsets count code points. */

import type { CodePoints } from "../code-points";
import { titleOf } from "../options";
import type { Answer, FieldOf } from "../widget";

export type SpansField = FieldOf<"spans">;

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly quote: string;
  readonly label?: string;
}

/** A passage in UTF-16 units; `end` is the first unit outside. */
export interface Passage {
  readonly start: number;
  readonly end: number;
}

export interface Change {
  readonly spans: readonly Span[];
  /** What happened, in a sentence. */
  readonly message: string;
}

const ITEMS_MAX = 1000;

export function spansOf(value: Answer): readonly Span[] {
  return Array.isArray(value) ? value.filter(isSpan) : [];
}

function isSpan(part: unknown): part is Span {
  const span = part as Partial<Span> | null;
  return (
    [typeof span?.start, typeof span?.end, typeof span?.quote].join() === "number,number,string"
  );
}

/** The span of a passage without the white space around it; undefined if nothing else is in it. */
export function makeSpan(
  text: string,
  points: CodePoints,
  passage: Passage,
  label: string | undefined,
): Span | undefined {
  const selected = text.slice(passage.start, passage.end);
  const quote = selected.trim();
  if (quote === "" || quote.includes("\0")) return undefined;
  const start = passage.start + selected.indexOf(quote);
  return {
    start: points.fromUnit(start),
    end: points.fromUnit(start + quote.length),
    quote,
    ...(label === undefined ? {} : { label }),
  };
}

/** Add a span in the order of the text, unless the field forbids it or it is there already. */
export function addSpan(field: SpansField, spans: readonly Span[], span: Span): Change {
  if (spans.some((one) => isSame(one, span))) return { spans, message: "This is marked already." };
  if (spans.length >= (field.max_items ?? ITEMS_MAX)) {
    return { spans, message: `No more than ${spans.length} can be marked: remove one first.` };
  }
  if (field.overlapping === false && spans.some((one) => overlap(one, span))) {
    return { spans, message: "Marks must not overlap here: remove the other one first." };
  }
  const place = spans.findLastIndex((one) => compare(one, span) <= 0) + 1;
  return { spans: spans.toSpliced(place, 0, span), message: `Marked ${inWords(field, span)}.` };
}

/** Give the span at a place another label, unless the same passage has that label already. */
export function relabel(
  field: SpansField,
  spans: readonly Span[],
  place: number,
  label: string,
): Change {
  const span = spans[place];
  if (!span) return { spans, message: "" };
  const changed = { ...span, label };
  if (spans.some((one) => isSame(one, changed))) {
    return { spans, message: "This is marked already." };
  }
  return { spans: spans.with(place, changed), message: `Now ${inWords(field, changed)}.` };
}

export function removeSpan(field: SpansField, spans: readonly Span[], span: Span): Change {
  return {
    spans: spans.filter((one) => one !== span),
    message: `Removed ${inWords(field, span)}.`,
  };
}

/** The shortest span at a code point, else the one that ends there; -1 if there is none. */
export function spanAt(spans: readonly Span[], point: number): number {
  let found = -1;
  spans.forEach((span, place) => {
    const best = spans[found];
    if (span.start > point || span.end < point) return;
    if (!best || rank(span, point) < rank(best, point)) found = place;
  });
  return found;
}

function rank(span: Span, point: number): number {
  return span.end - span.start + (span.end === point ? Number.MAX_SAFE_INTEGER / 2 : 0);
}

function isSame(a: Span, b: Span): boolean {
  return a.start === b.start && a.end === b.end && a.label === b.label;
}

function overlap(a: Span, b: Span): boolean {
  return a.start < b.end && b.start < a.end;
}

function compare(a: Span, b: Span): number {
  return a.start - b.start || a.end - b.end;
}

function inWords({ options = [] }: SpansField, { quote, label }: Span): string {
  return label === undefined ? `“${quote}”` : `“${quote}” as ${titleOf(options, label)}`;
}
