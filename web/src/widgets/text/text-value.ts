/** The answer to a `text` field from what was typed, and its length in words. */

import { clip, codePointLength, storable } from "../code-points";
import type { Answer, FieldOf } from "../widget";

export type TextField = FieldOf<"text">;

const LENGTH_DEFAULT = 10_000;

export function longest({ max_length, min_length = 1 }: TextField): number {
  return max_length ?? Math.max(LENGTH_DEFAULT, min_length);
}

/** The answer for a typed text, cut at the longest allowed; none for an empty one, if that is refused. */
export function answerOf(field: TextField, typed: string): Answer {
  const text = clip(storable(typed), longest(field));
  return text === "" && field.min_length !== 0 ? undefined : text;
}

/** The length and the limits that matter now. The default limit is not mentioned until it is near. */
export function lengthHint(field: TextField, text: string): string {
  const length = codePointLength(text);
  const least = field.min_length ?? 1;
  if (length < least && least > 1) return `${length} of at least ${least} characters`;
  const isMentioned = field.max_length !== undefined || length > longest(field) * 0.9;
  return isMentioned ? `${length} of at most ${longest(field)} characters` : "";
}
