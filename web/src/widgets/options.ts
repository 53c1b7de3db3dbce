/** What the widgets of kinds with options share: titles, the order shown, and a key for each. */

import type { components } from "../api/types/queue";
import type { Answer, FieldKey } from "./widget";

export type OptionDefinition = string | components["schemas"]["Option"];

export interface Option {
  readonly value: string;
  readonly title: string;
  /** The key that chooses it; empty for those beyond the 9 digits and the free letters. */
  readonly key: string;
}

export const OTHER_MAX = 500;
const DIGITS = "123456789";
/** The letters that no command of a screen uses. */
const LETTERS = "qwertyuioadfjklzxvbnm";
/** With more options than keys, they are a list that is searched. */
const LISTED_MAX = DIGITS.length + LETTERS.length;

/** Return the options in the order shown, each with a key: its own, else the next free one. */
export function readOptions(
  definitions: readonly OptionDefinition[],
  order?: readonly string[],
): Option[] {
  const read = definitions.map((one) =>
    typeof one === "string"
      ? { value: one, title: one, key: "" }
      : { title: one.value, key: "", ...one },
  );
  const place = new Map(order?.map((value, index) => [value, index]));
  const shown = read.toSorted((a, b) => (place.get(a.value) ?? 0) - (place.get(b.value) ?? 0));
  if (isTaxonomy(definitions)) return shown;
  const taken = new Set(shown.map((one) => one.key));
  const free = [...DIGITS, ...LETTERS].filter((key) => !taken.has(key));
  return shown.map((one) => ({ ...one, key: one.key || (free.shift() ?? "") }));
}

/** True if there are so many options that people search among them. */
export function isTaxonomy(definitions: readonly OptionDefinition[]): boolean {
  return definitions.length > LISTED_MAX;
}

/** A key for each option that has one; `apply` says what choosing the option makes of the answer. */
export function optionKeys(
  options: readonly Option[],
  apply: (value: Answer, option: string) => Answer,
): FieldKey[] {
  return options
    .filter((option) => option.key)
    .map(({ key, title, value }) => ({
      key,
      title,
      option: value,
      apply: (before) => apply(before, value),
    }));
}

/** The key to show beside an option: what the screen assigned, only where it works. */
export function hotkey(keys: readonly FieldKey[], option: string, isActive: boolean): string {
  return (isActive && keys.find((one) => one.option === option)?.key) || "";
}

/** The title of an option, by its value. */
export function titleOf(definitions: readonly OptionDefinition[], value: unknown): string {
  const found = definitions.find((one) => (typeof one === "string" ? one : one.value) === value);
  return (typeof found === "object" ? found.title : found) ?? String(value);
}

/** The text of an answer `{other: text}`; undefined for every other answer. */
export function otherText(value: Answer): string | undefined {
  const isOther = typeof value === "object" && value !== null && "other" in value;
  return isOther && typeof value.other === "string" ? value.other : undefined;
}
