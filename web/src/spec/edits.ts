/** Changes of a document: each returns the next document and leaves what it is given as it is. */

import { namesRule } from "../tasks/rules-of";
import type { OptionDefinition } from "../widgets/options";
import type { FieldDefinition, FieldKind } from "../widgets/widget";
import type { Policy, Rule, SpecDocument } from "./document";

export const KINDS: readonly FieldKind[] = [
  "choice",
  "choices",
  "rating",
  "number",
  "text",
  "spans",
  "boxes",
  "ranking",
  "pairwise",
];

/** The kinds that cannot be without options, with the fewest. */
const OPTIONS_MIN: Readonly<Partial<Record<FieldKind, number>>> = {
  choice: 1,
  choices: 1,
  ranking: 2,
  pairwise: 2,
};
const KINDS_WITH_OPTIONS: readonly FieldKind[] = [
  "choice",
  "choices",
  "spans",
  "boxes",
  "ranking",
  "pairwise",
];
/** What every kind of field has; the other keys belong to single kinds. */
const COMMON_KEYS = ["name", "title", "help", "required", "required_if", "kind"];

export function hasOptions(kind: FieldKind): boolean {
  return KINDS_WITH_OPTIONS.includes(kind);
}

/** Return the list with the entry at `index` moved by `by` places; the list itself if it cannot be. */
export function moved<T>(list: readonly T[], index: number, by: number): readonly T[] {
  const entry = list[index];
  const to = index + by;
  if (entry === undefined || to < 0 || to >= list.length) {
    return list;
  }
  const rest = list.toSpliced(index, 1);
  return rest.toSpliced(to, 0, entry);
}

export function replaced<T>(list: readonly T[], index: number, entry: T): readonly T[] {
  return list.map((one, at) => (at === index ? entry : one));
}

export function removed<T>(list: readonly T[], index: number): readonly T[] {
  return list.filter((_, at) => at !== index);
}

/** Return the object with one key set; without it if the value is undefined. */
export function withKey<T extends object>(value: T, key: string, next: unknown): T {
  const { [key]: _, ...rest } = value as Record<string, unknown>;
  if (next === undefined) {
    return rest as T;
  }
  // In its old place, so that a change of one key is one line of the text.
  return (key in value ? { ...value, [key]: next } : { ...rest, [key]: next }) as T;
}

export function addField(document: SpecDocument, kind: FieldKind): SpecDocument {
  const names = new Set(document.fields.map((field) => field.name));
  const field = withOptions({ name: freeName("field", names), kind } as FieldDefinition);
  return { ...document, fields: [...document.fields, field] };
}

/** Return a name for a field made from its question; empty if there is no letter in it. */
export function slug(title: string): string {
  const plain = title.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "");
  return plain
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 40);
}

function freeName(stem: string, taken: ReadonlySet<string>): string {
  let name = stem;
  for (let count = 2; taken.has(name); count++) {
    name = `${stem}_${count}`;
  }
  return name;
}

function withOptions(field: FieldDefinition): FieldDefinition {
  const least = OPTIONS_MIN[field.kind] ?? 0;
  const options = optionsOf(field);
  const taken = new Set(options.map(optionValue));
  const added = [...options];
  for (let count = 1; added.length < least; count++) {
    const value = `option ${count}`;
    if (!taken.has(value)) {
      added.push(value);
    }
  }
  return added.length > options.length ? withKey(field, "options", added) : field;
}

export function optionsOf(field: FieldDefinition): readonly OptionDefinition[] {
  return "options" in field ? (field.options ?? []) : [];
}

export function optionValue(option: OptionDefinition): string {
  return typeof option === "string" ? option : option.value;
}

/** Make a field one of another kind; of its settings those stay that the new kind knows. */
export function changeKind(
  field: FieldDefinition,
  kind: FieldKind,
  settings: readonly string[],
): FieldDefinition {
  const known = [...COMMON_KEYS, ...settings, ...(hasOptions(kind) ? ["options"] : [])];
  const kept = Object.entries(field).filter(([key]) => known.includes(key));
  const next = { ...Object.fromEntries(kept), kind } as FieldDefinition;
  const options = optionsOf(next);
  return withOptions(kind === "pairwise" ? withKey(next, "options", options.slice(0, 2)) : next);
}

/** Replace a field. Conditions and the policy follow a new name, and conditions renamed options. */
export function changeField(
  document: SpecDocument,
  index: number,
  next: FieldDefinition,
): SpecDocument {
  const before = document.fields[index];
  const fields = replaced(document.fields, index, next);
  if (!before || document.fields.some((one, at) => at !== index && one.name === before.name)) {
    return { ...document, fields };
  }
  const renamed = renamedOption(before, next);
  return {
    ...document,
    fields: fields.map((field) => withCondition(field, before.name, next.name, renamed)),
    policy: renameInPolicy(document.policy, before.name, next.name),
  };
}

/** Return the value of the one option whose value has changed, before and after. */
function renamedOption(
  before: FieldDefinition,
  after: FieldDefinition,
): readonly [string, string] | null {
  const old = optionsOf(before).map(optionValue);
  const now = optionsOf(after).map(optionValue);
  const different = old.length === now.length ? now.filter((value, at) => value !== old[at]) : [];
  const [value] = different;
  const at = value === undefined ? -1 : now.indexOf(value);
  const was = old[at];
  const isRenamed = different.length === 1 && was !== undefined && !now.includes(was);
  return isRenamed && value !== undefined ? [was, value] : null;
}

function withCondition(
  field: FieldDefinition,
  from: string,
  to: string,
  renamed: readonly [string, string] | null,
): FieldDefinition {
  const condition = field.required_if;
  if (condition?.field !== from) {
    return field;
  }
  const answers = condition.in.map((answer) =>
    renamed && answer === renamed[0] ? renamed[1] : answer,
  );
  return { ...field, required_if: { ...condition, field: to, in: answers } };
}

function renameInPolicy(policy: Policy, from: string, to: string | null): Policy {
  const { decide_fields, agreement } = policy;
  const metrics = agreement?.metric_fields;
  let next = policy;
  if (decide_fields && from in decide_fields) {
    next = { ...next, decide_fields: renameKey(decide_fields, from, to) };
  }
  if (agreement && metrics && from in metrics) {
    next = { ...next, agreement: { ...agreement, metric_fields: renameKey(metrics, from, to) } };
  }
  return next;
}

function renameKey<T>(map: Readonly<Record<string, T>>, from: string, to: string | null) {
  const entries = Object.entries(map).filter(([key]) => key !== from || to !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => [key === from ? (to ?? key) : key, value]),
  );
}

/** Remove a field, and what the policy says of it. Conditions that name it stay, to be decided. */
export function removeField(document: SpecDocument, index: number): SpecDocument {
  const name = document.fields[index]?.name;
  const fields = removed(document.fields, index);
  const isNamed = name !== undefined && !fields.some((field) => field.name === name);
  const policy = isNamed ? renameInPolicy(document.policy, name, null) : document.policy;
  return { ...document, fields, policy };
}

export function addRule(document: SpecDocument): SpecDocument {
  const numbers = document.guidelines.map((rule) => Number(/^R(\d+)/.exec(rule.id)?.[1] ?? 0));
  const rule: Rule = { id: `R${Math.max(0, ...numbers) + 1}`, text: "" };
  return { ...document, guidelines: [...document.guidelines, rule] };
}

/** Let a field's help name a rule, or stop doing so, in the words that this function adds. */
export function setGoverned(
  field: FieldDefinition,
  rule: Rule,
  isGoverned: boolean,
): FieldDefinition {
  const help = field.help ?? "";
  const mention = `See ${rule.id}.`;
  if (isGoverned) {
    return namesRule(field, rule) ? field : withKey(field, "help", `${help} ${mention}`.trim());
  }
  const without = help
    .replace(new RegExp(`\\s*See ${rule.id.replaceAll(".", "\\.")}\\.(?=\\s|$)`, "g"), "")
    .trim();
  return withKey(field, "help", without || undefined);
}
