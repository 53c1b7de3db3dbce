/** What the actions of a person make of the answer to a `choices` field. */

import { otherText } from "../options";
import type { Answer, FieldOf } from "../widget";

export type ChoicesField = FieldOf<"choices">;
export type Part = string | { readonly other: string };

/** The parts of an answer; none where there is no answer yet. */
export function partsOf(value: Answer): readonly Part[] {
  return Array.isArray(value) ? value : [];
}

/** The largest number of parts that the field accepts. */
export function mostParts(field: ChoicesField): number {
  return field.max_items ?? field.options.length + (field.other ? 1 : 0);
}

/**
 * Take an option in, or out if it is in. Where only one fits, it replaces the one before; an answer
 * that is full otherwise stays as it is.
 */
export function toggle(field: ChoicesField, value: Answer, option: string): readonly Part[] {
  const parts = partsOf(value);
  if (parts.includes(option)) return parts.filter((part) => part !== option);
  if (mostParts(field) === 1) return [option];
  return parts.length < mostParts(field) ? [...parts, option] : parts;
}

/** Replace the text of one's own; undefined takes it out. */
export function replaceOther(field: ChoicesField, value: Answer, other: Part | undefined) {
  const options = partsOf(value).filter((part) => otherText(part) === undefined);
  if (other === undefined) return options;
  if (mostParts(field) === 1) return [other];
  return options.length < mostParts(field) ? [...options, other] : partsOf(value);
}

/** How many options are to be chosen, in words. */
export function countHint(field: ChoicesField): string {
  const least = field.min_items ?? 0;
  const most = mostParts(field);
  const isLimited = most < field.options.length + (field.other ? 1 : 0);
  if (least === most) return `Choose ${least}.`;
  if (least > 0 && isLimited) return `Choose ${least} to ${most}.`;
  if (isLimited) return `Choose up to ${most}.`;
  return least > 0 ? `Choose at least ${least}.` : "Choose all that apply.";
}
