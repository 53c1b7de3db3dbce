/** What the widgets of kinds with options share: titles, the order shown, and a key for each. */

import type { components } from "../api/types/queue";
import type { Answer } from "./widget";

export type OptionDefinition = string | components["schemas"]["Option"];

export interface Option {
  readonly value: string;
  readonly title: string;
  /** The key that chooses it; empty for those beyond the 9 digits and the free letters. */
  readonly key: string;
}

const DIGITS = "123456789";
/** The letters that no command of a screen uses. */
const LETTERS = "qwertyuioadfjklzxvbnm";

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
  const taken = new Set(shown.map((one) => one.key));
  const free = [...DIGITS, ...LETTERS].filter((key) => !taken.has(key));
  return shown.map((one) => ({ ...one, key: one.key || (free.shift() ?? "") }));
}

/** The text of an answer `{other: text}`; undefined for every other answer. */
export function otherText(value: Answer): string | undefined {
  const isOther = typeof value === "object" && value !== null && "other" in value;
  return isOther && typeof value.other === "string" ? value.other : undefined;
}
