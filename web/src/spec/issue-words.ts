/** The words for what quality reports, and the numbers as people read them. */

import type { Measure, SpecIssue } from "./issues-api";

type Cause = NonNullable<SpecIssue["cause"]>;

export const CAUSES: Readonly<Record<Cause, string>> = {
  spec_gap: "The rules do not say",
  ambiguous_data: "The item itself is ambiguous",
  perspective: "People may differ",
  slip: "A slip",
};

export const STATES: Readonly<Record<SpecIssue["state"], string>> = {
  open: "open",
  diagnosed: "diagnosed",
  resolved: "resolved",
};

export const SOURCES = {
  conflict: "People disagreed",
  adjudication: "Adjudicated",
  skip: "Skipped",
} as const;

export const SKIPS: Readonly<Record<string, string>> = {
  two_labels_fit: "Two answers fit",
  guideline_does_not_cover: "No rule covers it",
  bad_data: "The item is broken",
  not_my_skill: "Somebody else can do this",
  other: "Another reason",
};

/** Return the words for a cause; the cause itself if this page does not know it. */
export function causeWords(cause: string): string {
  return CAUSES[cause as Cause] ?? cause;
}

export function figure(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

/** Return a measure with its interval, as “0.62 (0.55 to 0.69)”. */
export function interval({ value, low, high }: Pick<Measure, "value" | "low" | "high">): string {
  return low === null || high === null
    ? figure(value)
    : `${figure(value)} (${figure(low)} to ${figure(high)})`;
}

/** Return counts by what they count, the largest first. */
export function byCount(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).toSorted(([, a], [, b]) => b - a);
}

/** Return an answer in its canonical text as people read it: texts without quotation marks. */
export function answerWords(answer: unknown): string {
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}
