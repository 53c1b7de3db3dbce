/** The answers that a person decides between, and where they differ. */

import type { Lease } from "../tasks/task";
import type { Label } from "../widgets/widget";

export interface Candidate {
  /** A letter for each annotator, whose identity is not known here. */
  readonly name: string;
  readonly source: "annotator" | "model" | "decided";
  readonly label: Label;
  /** The rules that it cites. */
  readonly rules: readonly string[];
  readonly note: string | null;
  /** How sure a model is, from 0 to 1. */
  readonly score: number | null;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Return the decided label, the annotators' answers and the model's suggestion, if they are there. */
export function candidatesOf({ context }: Lease): Candidate[] {
  if (!context) {
    return [];
  }
  const bare = { rules: [], note: null, score: null };
  const decided: Candidate[] = context.label
    ? [{ ...bare, name: "Decided", source: "decided", label: context.label }]
    : [];
  const annotators = (context.votes ?? []).map(
    ({ label, rules = [], note = null }, place): Candidate => ({
      ...{ name: letterOf(place), source: "annotator", label, rules, note, score: null },
    }),
  );
  const model = context.prelabel;
  const suggested: Candidate[] = model
    ? [
        {
          ...bare,
          name: model.model,
          source: "model",
          label: model.value,
          score: model.score ?? null,
        },
      ]
    : [];
  return [...decided, ...annotators, ...suggested];
}

/** Return the letter of an annotator; after Z a number follows. */
export function letterOf(place: number): string {
  const round = Math.floor(place / LETTERS.length);
  return `${LETTERS[place % LETTERS.length]}${round || ""}`;
}

/** Return for each answer the number of its group: equal answers to a field are in one group. */
export function groupsOf(candidates: readonly Candidate[], field: string): number[] {
  const groups = new Map<string, number>();
  return candidates.map(({ label }) => {
    const text = canonical(label[field]);
    const group = groups.get(text) ?? groups.size;
    groups.set(text, group);
    return group;
  });
}

/** Return true if the people's answers to a field differ; what a model says makes no dispute. */
export function isDisputed(candidates: readonly Candidate[], field: string): boolean {
  const people = candidates.filter(({ source }) => source !== "model");
  return new Set(groupsOf(people, field)).size > 1;
}

/** Return true if two labels have the same answers, whatever the order of their keys is. */
export function isSameLabel(one: Label, other: Label): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    ) ?? ""
  );
}
