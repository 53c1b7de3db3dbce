/** Which rules govern a field: those that its help names, and those that name the field. */

import type { FieldDefinition } from "../widgets/widget";
import type { Rule } from "./spec";

/** Return the rules of a field; all of them if neither names the other. */
export function rulesOf(field: FieldDefinition, rules: readonly Rule[]): readonly Rule[] {
  const about = `${field.title ?? ""} ${field.help ?? ""}`;
  const names = [field.name, ...(field.title ? [field.title] : [])];
  const found = rules.filter(
    (rule) => mentions(about, rule.id) || names.some((name) => mentions(rule.text, name)),
  );
  return found.length ? found : rules;
}

/** True if `word` stands in `text` as a word of its own, in whichever case. */
function mentions(text: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, "iu").test(text);
}
