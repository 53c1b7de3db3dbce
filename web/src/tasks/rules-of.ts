/** Which rules govern a field: those that its help names, and those that name the field. */

import type { FieldDefinition } from "../widgets/widget";
import type { Rule } from "./spec";

/** Return the rules of a field; all of them if neither names the other. */
export function rulesOf(field: FieldDefinition, rules: readonly Rule[]): readonly Rule[] {
  const found = rules.filter((rule) => namesRule(field, rule) || namesField(rule, field));
  return found.length ? found : rules;
}

/** True if the title or the help of a field names the rule. */
export function namesRule(field: FieldDefinition, rule: Rule): boolean {
  return mentions(`${field.title ?? ""} ${field.help ?? ""}`, rule.id);
}

/** True if the text of a rule names the field. */
export function namesField(rule: Rule, field: FieldDefinition): boolean {
  const names = [field.name, ...(field.title ? [field.title] : [])];
  return names.some((name) => mentions(rule.text, name));
}

/** True if `word` stands in `text` as a word of its own, in whichever case. */
function mentions(text: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, "iu").test(text);
}
