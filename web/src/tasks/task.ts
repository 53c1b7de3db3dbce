/** A task as a person works on it: its lease, the unfinished answer, and what is wrong with it. */

import type { FieldProblem } from "../api/problem";
import type { components } from "../api/types/queue";
import type { LabelCheck } from "../validate/validate";
import type { FieldDefinition, Label, Payload } from "../widgets/widget";
import { isOwn } from "./stage";

export type Lease = components["schemas"]["Lease"];

export interface Draft {
  readonly label: Label;
  /** The rules that the answer cites. */
  readonly rules: readonly string[];
  readonly note: string;
}

export const EMPTY_DRAFT: Draft = { label: {}, rules: [], note: "" };

/** A draft as it is kept on the server and in the browser. */
export interface StoredDraft extends Draft {
  readonly spec_version: number;
  /** Milliseconds since 1970. */
  readonly saved_at: number;
}

export interface Task {
  readonly lease: Lease;
  readonly payload: Payload;
  readonly draft: Draft;
  readonly problems: readonly FieldProblem[];
  /**
   * Set when a stored answer is being changed: until when it can be (ISO 8601), or null after that,
   * when it can only be corrected.
   */
  readonly changeUntil?: string | null;
}

/** Return the fields that are asked, given the answers so far. */
export function askedFields(fields: readonly FieldDefinition[], label: Label): FieldDefinition[] {
  const asked: FieldDefinition[] = [];
  for (const field of fields) {
    const condition = field.required_if;
    const isOpen =
      !condition ||
      (asked.some((one) => one.name === condition.field) &&
        holds(condition.in, label[condition.field]));
    if (isOpen) {
      asked.push(field);
    }
  }
  return asked;
}

function holds(values: readonly unknown[], answer: unknown): boolean {
  return (Array.isArray(answer) ? answer : [answer]).some((one) => values.includes(one));
}

/** Return the label to send: without answers that are not asked, or that are empty. */
export function labelToSend(fields: readonly FieldDefinition[], label: Label): Label {
  const answers = askedFields(fields, label).map(
    (field) => [field.name, label[field.name]] as const,
  );
  return Object.fromEntries(answers.filter(([, value]) => value !== undefined && value !== ""));
}

/** Read a draft from the server, which may be another client's; null if nothing can be made of it. */
export function readDraft(value: unknown): StoredDraft | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return null;
  }
  const { label, rules, note, spec_version, saved_at } = value as Partial<StoredDraft>;
  if (typeof label !== "object" || label === null) {
    return { ...EMPTY_DRAFT, label: value as Label, spec_version: 0, saved_at: 0 };
  }
  return {
    label,
    rules: Array.isArray(rules) ? rules.map(String) : [],
    note: typeof note === "string" ? note : "",
    spec_version: Number(spec_version) || 0,
    saved_at: Number(saved_at) || 0,
  };
}

export interface FittedDraft {
  readonly draft: Draft;
  /** The names of the answers that the version does not allow any more. */
  readonly dropped: readonly string[];
}

/** Return what of a draft fits a spec version. Of the same version also unfinished answers do. */
export function fitDraft(
  stored: StoredDraft,
  version: number,
  check: LabelCheck,
  ruleIds: readonly string[],
): FittedDraft {
  const { label, note } = stored;
  const isSameVersion = stored.spec_version === version;
  const fitting = Object.entries(label).filter(
    ([name, value]) => isSameVersion || isOwn(name) || check.fits(name, value),
  );
  const kept = Object.fromEntries(fitting);
  return {
    draft: { label: kept, rules: stored.rules.filter((rule) => ruleIds.includes(rule)), note },
    dropped: Object.keys(label).filter((name) => !(name in kept)),
  };
}

/** Return what identifies an item for a person, whatever its lease, task and version are. */
export function itemKey(lease: Lease): string {
  return `${lease.project}/${lease.blob?.sha256 ?? digest(JSON.stringify(lease.payload))}`;
}

/** A 53-bit hash that needs no secure context: two mixed 32-bit multiplicative hashes. */
function digest(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return `${text.length}-${(4294967296 * (2097151 & low) + (high >>> 0)).toString(36)}`;
}
