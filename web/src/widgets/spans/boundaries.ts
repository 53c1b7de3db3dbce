/** Where characters, words and sentences of a text begin and end, in UTF-16 units. */

import type { Passage } from "./spans-value";

type Granularity = "grapheme" | "word" | "sentence";

const SEGMENTERS: Readonly<Record<Granularity, Intl.Segmenter>> = {
  grapheme: new Intl.Segmenter(undefined, { granularity: "grapheme" }),
  word: new Intl.Segmenter(undefined, { granularity: "word" }),
  sentence: new Intl.Segmenter(undefined, { granularity: "sentence" }),
};
/** How much of a text around a place is looked at: whole texts may have a million characters. */
const AROUND: Readonly<Record<Granularity, number>> = { grapheme: 100, word: 400, sentence: 4000 };

/** The word at a unit, else the one that ends there; undefined between words. */
export function wordAt(text: string, unit: number): Passage | undefined {
  return wordOf(text, unit) ?? (unit > 0 ? wordOf(text, unit - 1) : undefined);
}

function wordOf(text: string, unit: number): Passage | undefined {
  const found = segmentAt(text, unit, "word");
  return found?.isWordLike ? found : undefined;
}

/** The sentence at a unit, within its line. */
export function sentenceAt(text: string, unit: number): Passage | undefined {
  return segmentAt(text, unit, "sentence");
}

/** The passage widened so that it cuts no character: no emoji, no letter with its accents. */
export function wholeCharacters(text: string, { start, end }: Passage): Passage {
  const first = segmentAt(text, start, "grapheme");
  const last = end > start ? segmentAt(text, end - 1, "grapheme") : undefined;
  return { start: first?.start ?? start, end: last?.end ?? end };
}

function segmentAt(text: string, unit: number, granularity: Granularity) {
  const from = beginning(text, unit, AROUND[granularity]);
  const to = ending(text, unit, AROUND[granularity]);
  const found = SEGMENTERS[granularity].segment(text.slice(from, to)).containing(unit - from);
  if (!found) return undefined;
  const start = from + found.index;
  return { start, end: start + found.segment.length, isWordLike: found.isWordLike ?? false };
}

/** The beginning of the line, or a place `around` before the unit that cuts no pair of surrogates. */
function beginning(text: string, unit: number, around: number): number {
  const from = Math.max(0, unit - around, text.lastIndexOf("\n", unit - 1) + 1);
  return isInsidePair(text, from) ? from + 1 : from;
}

function ending(text: string, unit: number, around: number): number {
  const line = text.indexOf("\n", unit);
  const to = Math.min(text.length, unit + around, line < 0 ? text.length : line + 1);
  return isInsidePair(text, to) ? to - 1 : to;
}

export function isInsidePair(text: string, unit: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(unit - 1, unit + 1));
}
