/** Options as lines of text, for lists too long for single inputs: `value | title | key`. */

import type { OptionDefinition } from "../widgets/options";

const SEPARATOR = "|";

/** Return one line for each option; undefined if an option has a separator or a line break in it. */
export function optionsToText(options: readonly OptionDefinition[]): string | undefined {
  const rows = options.map((option) => {
    const { value, title = "", key = "" } = asOption(option);
    return [value, title, key];
  });
  if (rows.flat().some((cell) => /[|\n\r]/.test(cell))) {
    return undefined;
  }
  return rows.map((row) => row.join(` ${SEPARATOR} `).replace(/( \| )+$/, "")).join("\n");
}

/** Return the options in lines of text; empty lines are none. */
export function textToOptions(text: string): OptionDefinition[] {
  const rows = text.split("\n").map((line) => line.split(SEPARATOR).map((cell) => cell.trim()));
  return rows
    .map(([value = "", title = "", key = ""]) => makeOption(value, title, key))
    .filter((option) => option !== "");
}

/** Return an option in its shortest form. */
export function makeOption(value: string, title: string, key: string): OptionDefinition {
  if (!title && !key) {
    return value;
  }
  return { value, ...(title ? { title } : {}), ...(key ? { key } : {}) };
}

export function asOption(option: OptionDefinition): Exclude<OptionDefinition, string> {
  return typeof option === "string" ? { value: option } : option;
}
