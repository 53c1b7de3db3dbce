/** The keys of the screens on which people decide between answers. */

import type { FieldKey } from "../widgets/widget";
import type { Candidate } from "./candidates";

export type DecisionCommand =
  | "submit"
  | "undo"
  | "skip"
  | "rule"
  | "cite"
  | "decided"
  | "waiting"
  | "help";

export type DecisionBinding =
  | { readonly kind: "field"; readonly fieldKey: FieldKey }
  | { readonly kind: "take"; readonly candidate: Candidate; readonly onlyActiveField: boolean }
  | { readonly kind: "command"; readonly command: DecisionCommand };

export interface KeyEntry {
  readonly key: string;
  readonly title: string;
  readonly binding: DecisionBinding;
}

const COMMANDS: readonly (readonly [DecisionCommand, string, string])[] = [
  ["submit", "Enter", "Submit the decision"],
  ["undo", "Backspace", "Take the last decision back, until it is sent"],
  ["skip", "s", "Skip the task, with a reason"],
  ["rule", "g", "Show the rules, or the rule of the field"],
  ["cite", "r", "Cite the rule that is shown"],
  ["decided", "h", "Show my last decisions"],
  ["waiting", "w", "Show what waits"],
  ["help", "?", "Show all keys"],
];
const MODEL_KEY = "p";
const LETTER = /^[a-z]$/;

/** Return the key that takes an answer over: an annotator's letter; null if it has none. */
export function takingKey(candidate: Candidate, fieldKeys: readonly FieldKey[]): string | null {
  const own = candidate.source === "model" ? MODEL_KEY : candidate.name.toLowerCase();
  const isFree = candidate.source === "model" || "abcdef".includes(own);
  return isFree ? unclaimed(own, fieldKeys) : null;
}

export function keyOfDecision(command: DecisionCommand, fieldKeys: readonly FieldKey[]): string {
  const key = COMMANDS.find(([name]) => name === command)?.[1] ?? "";
  return unclaimed(key, fieldKeys);
}

/** A letter that the active field claims is the field's: the command is then Shift and the letter. */
function unclaimed(key: string, fieldKeys: readonly FieldKey[]): string {
  return LETTER.test(key) && fieldKeys.some((one) => one.key === key) ? key.toUpperCase() : key;
}

/** Return what each key does besides the keys of the active field, the first of two going first. */
export function decisionKeys(
  candidates: readonly Candidate[],
  fieldKeys: readonly FieldKey[],
  has: (command: DecisionCommand) => boolean,
): KeyEntry[] {
  const takings = candidates.flatMap((one): KeyEntry[] => {
    const key = takingKey(one, fieldKeys);
    if (key === null) {
      return [];
    }
    const title = one.source === "model" ? "the model’s suggestion" : `${one.name}’s answer`;
    const whole = { kind: "take", candidate: one, onlyActiveField: false } as const;
    const entries: KeyEntry[] = [{ key, title: `Take over ${title}`, binding: whole }];
    if (LETTER.test(key)) {
      const part = { ...whole, onlyActiveField: true };
      entries.push({ key: key.toUpperCase(), title: "… for the active field", binding: part });
    }
    return entries;
  });
  const commands = COMMANDS.filter(([command]) => has(command)).map(
    ([command, , title]): KeyEntry => ({
      ...{ key: keyOfDecision(command, fieldKeys), title, binding: { kind: "command", command } },
    }),
  );
  const all = [...commands, ...takings];
  return all.filter(({ key }, at) => all.findIndex((one) => one.key === key) === at);
}

/** Return what each key does. A key of the active field goes first. */
export function bindDecisionKeys(
  entries: readonly KeyEntry[],
  fieldKeys: readonly FieldKey[],
): ReadonlyMap<string, DecisionBinding> {
  return new Map([
    ...entries.map(({ key, binding }) => [key, binding] as const),
    ...fieldKeys
      .filter(({ key }) => key !== "Enter")
      .map((fieldKey) => [fieldKey.key, { kind: "field", fieldKey } as const] as const),
  ]);
}
