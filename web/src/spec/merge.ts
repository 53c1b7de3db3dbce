/** Carries the changes of a draft over to a version that somebody else has published meanwhile. */

import { isObject, type SpecDocument } from "./document";

export interface Merged {
  readonly document: SpecDocument;
  /** What both have changed, in different ways: the draft's change is in the document. */
  readonly conflicts: readonly string[];
}

/** Merge by fields, rules and single settings: what one side left as in `base` the other decides. */
export function mergeDocuments(
  base: SpecDocument,
  mine: SpecDocument,
  theirs: SpecDocument,
): Merged {
  const conflicts: string[] = [];
  const note = (what: string) => conflicts.push(what);
  const document = {
    ...(mergeKeys(base, mine, theirs, note, "") as SpecDocument),
    fields: mergeLists(
      base.fields,
      mine.fields,
      theirs.fields,
      (one) => one.name,
      (name) => note(`the field “${name}”`),
    ),
    guidelines: mergeLists(
      base.guidelines,
      mine.guidelines,
      theirs.guidelines,
      (one) => one.id,
      (id) => note(`the rule ${id}`),
    ),
  };
  return { document, conflicts };
}

function mergeKeys(
  base: unknown,
  mine: unknown,
  theirs: unknown,
  note: (what: string) => void,
  path: string,
): unknown {
  if (isObject(mine) && isObject(theirs)) {
    const old = isObject(base) ? base : {};
    const keys = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])];
    const ownKeys = path ? keys : keys.filter((key) => key !== "fields" && key !== "guidelines");
    const entries = ownKeys.map((key) => {
      const place = path ? `${path}.${key}` : key;
      return [key, mergeKeys(old[key], mine[key], theirs[key], note, place)] as const;
    });
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  return choose(base, mine, theirs, () => note(`“${path}”`));
}

function mergeLists<T>(
  base: readonly T[],
  mine: readonly T[],
  theirs: readonly T[],
  nameOf: (entry: T) => string,
  note: (name: string) => void,
): T[] {
  const [old, own, other] = [base, mine, theirs].map(
    (list) => new Map(list.map((entry) => [nameOf(entry), entry])),
  ) as [Map<string, T>, Map<string, T>, Map<string, T>];
  if (own.size < mine.length) {
    return [...mine]; // A name is there twice: which of the two is whose cannot be told.
  }
  const isOrderMine = !isSame([...own.keys()], [...old.keys()]);
  const names = isOrderMine ? [own, other] : [other, own];
  return [...new Set(names.flatMap((entries) => [...entries.keys()]))]
    .map((name) => choose(old.get(name), own.get(name), other.get(name), () => note(name)))
    .filter((entry) => entry !== undefined);
}

function choose<T>(base: T, mine: T, theirs: T, note: () => void): T {
  if (isSame(mine, base) || isSame(mine, theirs)) {
    return theirs;
  }
  if (!isSame(theirs, base)) {
    note();
  }
  return mine;
}

function isSame(first: unknown, second: unknown): boolean {
  return JSON.stringify(first) === JSON.stringify(second);
}
