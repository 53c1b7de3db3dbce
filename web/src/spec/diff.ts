/** The difference of two documents in terms of fields, options, rules and settings. */

import type { OptionDefinition } from "../widgets/options";
import type { FieldDefinition } from "../widgets/widget";
import { isObject, type Policy, type Rule, type SpecDocument } from "./document";
import { optionsOf, optionValue } from "./edits";

export type Area = "document" | "field" | "rule" | "policy";
export type ChangeKind = "added" | "removed" | "changed" | "moved";

/** One difference within a field, a rule or the policy. */
export interface Detail {
  readonly what: string;
  /** Undefined if there was nothing. */
  readonly before: unknown;
  /** Undefined if there is nothing any more. */
  readonly after: unknown;
}

export interface Change {
  readonly area: Area;
  readonly kind: ChangeKind;
  /** The name of a field, the id of a rule; empty for the policy and the document. */
  readonly name: string;
  readonly details: readonly Detail[];
}

/** Return what changes from one document to the next; empty if both mean the same. */
export function documentDiff(
  before: SpecDocument,
  after: SpecDocument,
  defaults: Policy,
): Change[] {
  const type = detail("Task type", before.task_type, after.task_type);
  const policy = policyDetails(before.policy, after.policy, defaults);
  return [
    ...(type ? [{ area: "document", kind: "changed", name: "", details: [type] } as const] : []),
    ...named("field", before.fields, after.fields, (one) => one.name, fieldDetails),
    ...named("rule", before.guidelines, after.guidelines, (one) => one.id, ruleDetails),
    ...(policy.length
      ? [{ area: "policy", kind: "changed", name: "", details: policy } as const]
      : []),
  ];
}

/** Compare two lists of entries with names; of names that are there twice the first counts. */
function named<T>(
  area: Area,
  before: readonly T[],
  after: readonly T[],
  nameOf: (entry: T) => string,
  detailsOf: (before: T | undefined, after: T | undefined) => Detail[],
): Change[] {
  const old = byName(before, nameOf);
  const now = byName(after, nameOf);
  const stayed = [...old.keys()].filter((name) => now.has(name));
  const places = new Map(
    [...now.keys()].filter((name) => old.has(name)).map((name, at) => [name, at]),
  );
  const changes: Change[] = [];
  for (const name of new Set([...now.keys(), ...old.keys()])) {
    const details = detailsOf(old.get(name), now.get(name));
    if (!old.has(name)) {
      changes.push({ area, kind: "added", name, details });
    } else if (!now.has(name)) {
      changes.push({ area, kind: "removed", name, details });
    } else if (details.length) {
      changes.push({ area, kind: "changed", name, details });
    } else if (stayed.indexOf(name) !== places.get(name)) {
      changes.push({ area, kind: "moved", name, details: [] });
    }
  }
  return changes;
}

function byName<T>(list: readonly T[], nameOf: (entry: T) => string): Map<string, T> {
  return new Map(
    list
      .toReversed()
      .map((entry) => [nameOf(entry), entry] as const)
      .toReversed(),
  );
}

function fieldDetails(
  before: FieldDefinition | undefined,
  after: FieldDefinition | undefined,
): Detail[] {
  const skipped = ["name", "options"];
  const options = before && after ? optionDetails(optionsOf(before), optionsOf(after)) : [];
  const whole = before && after ? [] : [detail("Options", optionNames(before), optionNames(after))];
  return [...keyDetails(before, after, skipped), ...options, ...whole].filter(
    (one) => one !== null,
  );
}

function optionNames(field: FieldDefinition | undefined): string | undefined {
  const options = field ? optionsOf(field) : [];
  return options.length ? options.map(optionValue).join(", ") : undefined;
}

function optionDetails(
  before: readonly OptionDefinition[],
  after: readonly OptionDefinition[],
): Detail[] {
  const old = byName(before, optionValue);
  const now = byName(after, optionValue);
  const details: (Detail | null)[] = [];
  for (const value of new Set([...now.keys(), ...old.keys()])) {
    const [was, is] = [old.get(value), now.get(value)];
    if (was === undefined || is === undefined) {
      details.push({ what: "Option", before: was && value, after: is && value });
    } else {
      details.push(...keyDetails(asObject(was), asObject(is), ["value"], `Option “${value}”: `));
    }
  }
  const stayed = [...old.keys()].filter((value) => now.has(value));
  const order = [...now.keys()].filter((value) => old.has(value));
  details.push(detail("Order of the options", stayed.join(", "), order.join(", ")));
  return details.filter((one) => one !== null);
}

/** Return an option as an object; its title, if it is not said, is its value. */
function asObject(option: OptionDefinition): object {
  return typeof option === "string" ? { title: option } : { title: option.value, ...option };
}

function ruleDetails(before: Rule | undefined, after: Rule | undefined): Detail[] {
  const lists: readonly (readonly [string, "examples" | "counter_examples"])[] = [
    ["Example", "examples"],
    ["Counter-example", "counter_examples"],
  ];
  const texts = lists.flatMap(([what, key]) => {
    const [old, now] = [before?.[key] ?? [], after?.[key] ?? []];
    const gone = old.filter((text) => !now.includes(text));
    const come = now.filter((text) => !old.includes(text));
    return [
      ...gone.map((text) => ({ what, before: text, after: undefined })),
      ...come.map((text) => ({ what, before: undefined, after: text })),
    ];
  });
  const text = detail("Text", before?.text, after?.text);
  return [...(text ? [text] : []), ...texts];
}

function policyDetails(before: Policy, after: Policy, defaults: Policy): Detail[] {
  const [old, now] = [leaves(complete(before, defaults)), leaves(complete(after, defaults))];
  const places = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  return places
    .map((place) => detail(place, old.get(place), now.get(place)))
    .filter((one) => one !== null);
}

/** Return a policy with the defaults of the keys that it leaves out. */
export function complete(policy: Policy, defaults: Policy): Policy {
  return merged(defaults, policy) as Policy;
}

function merged(base: unknown, own: unknown): unknown {
  if (!isObject(base) || !isObject(own)) {
    return own === undefined ? base : own;
  }
  const keys = new Set([...Object.keys(base), ...Object.keys(own)]);
  return Object.fromEntries([...keys].map((key) => [key, merged(base[key], own[key])]));
}

/** Return the values of a nested object by their dotted paths; null and empty objects are absent. */
function leaves(value: unknown, path = ""): Map<string, unknown> {
  if (!isObject(value)) {
    return value == null ? new Map() : new Map([[path, value]]);
  }
  const parts = Object.entries(value).flatMap(([key, own]) => [
    ...leaves(own, path ? `${path}.${key}` : key),
  ]);
  return new Map(parts);
}

function keyDetails(
  before: object | undefined,
  after: object | undefined,
  skipped: readonly string[],
  prefix = "",
): (Detail | null)[] {
  const [old, now] = [entries(before), entries(after)];
  const keys = [...new Set([...Object.keys(now), ...Object.keys(old)])];
  return keys
    .filter((key) => !skipped.includes(key))
    .map((key) => detail(prefix + words(key), old[key], now[key]));
}

function entries(value: object | undefined): Readonly<Record<string, unknown>> {
  return (value ?? {}) as Readonly<Record<string, unknown>>;
}

function detail(what: string, before: unknown, after: unknown): Detail | null {
  return JSON.stringify(before) === JSON.stringify(after) ? null : { what, before, after };
}

/** Return a key as people read it: `required_if` is “Required if”. */
export function words(key: string): string {
  const text = key.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
