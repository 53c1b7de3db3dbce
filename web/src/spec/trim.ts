/** Leaves out of a document what says no more than the defaults do, as a person would write it. */

import { isObject, type Policy, type Rule, type SpecDocument } from "./document";

/** Return the document without defaults in its policy and without empty lists in its rules. */
export function trimmed(document: SpecDocument, defaults: Policy): SpecDocument {
  return {
    ...document,
    guidelines: document.guidelines.map(trimmedRule),
    policy: (withoutDefaults(document.policy, defaults) ?? {}) as Policy,
  };
}

function trimmedRule(rule: Rule): Rule {
  const entries = Object.entries(rule);
  return Object.fromEntries(
    entries.filter(([, value]) => !Array.isArray(value) || value.length > 0),
  ) as unknown as Rule;
}

/** Return what of a value differs from the default; undefined if nothing does. */
function withoutDefaults(value: unknown, standard: unknown): unknown {
  if (!isObject(value)) {
    const isDefault = value === null || JSON.stringify(value) === JSON.stringify(standard);
    return isDefault ? undefined : value;
  }
  const known = isObject(standard) ? standard : {};
  const entries = Object.entries(value)
    .map(([key, own]) => [key, withoutDefaults(own, known[key])] as const)
    .filter(([, own]) => own !== undefined);
  // Of a setting by field the entry itself says that the field has one of its own.
  return entries.length || standard === undefined ? Object.fromEntries(entries) : undefined;
}
