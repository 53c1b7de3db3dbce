/** Which key does what. A key of the active field goes before a command of the screen. */

import type { FieldKey } from "../widgets/widget";

export type Command =
  | "submit"
  | "undo"
  | "skip"
  | "suggestion"
  | "rule"
  | "cite"
  | "history"
  | "help";

interface CommandKey {
  readonly command: Command;
  readonly key: string;
  readonly title: string;
}

export const COMMANDS: readonly CommandKey[] = [
  { command: "submit", key: "Enter", title: "Submit the answer" },
  { command: "undo", key: "Backspace", title: "Go back to the last answer" },
  { command: "skip", key: "s", title: "Skip the task, with a reason" },
  { command: "suggestion", key: "p", title: "Take over the suggestion" },
  { command: "rule", key: "g", title: "Show the rule of the field" },
  { command: "cite", key: "c", title: "Cite the rule that is shown" },
  { command: "history", key: "h", title: "Show my last answers" },
  { command: "help", key: "?", title: "Show all keys" },
];

export type Binding =
  | { readonly kind: "field"; readonly fieldKey: FieldKey }
  | { readonly kind: "command"; readonly command: Command };

/** The keys that a person has chosen, by command; the others have their default. */
export type OwnKeys = Readonly<Partial<Record<Command, string>>>;

/** Return what each key does. A command whose letter the field claims moves to Shift and the letter. */
export function bindKeys(
  fieldKeys: readonly FieldKey[],
  own: OwnKeys = {},
): ReadonlyMap<string, Binding> {
  const bindings = new Map<string, Binding>();
  for (const fieldKey of fieldKeys) {
    bindings.set(fieldKey.key, { kind: "field", fieldKey });
  }
  for (const { command } of COMMANDS) {
    bindings.set(keyOfCommand(command, fieldKeys, own), { kind: "command", command });
  }
  return bindings;
}

/** Return the key of a command while a field with these keys is active. */
export function keyOfCommand(
  command: Command,
  fieldKeys: readonly FieldKey[],
  own: OwnKeys = {},
): string {
  const key = own[command] ?? COMMANDS.find((one) => one.command === command)?.key ?? "";
  const isClaimed = /^[a-z]$/.test(key) && fieldKeys.some((one) => one.key === key);
  return isClaimed ? key.toUpperCase() : key;
}

/** Keys that move the focus, leave a dialog or belong to fields, so that no command can have them. */
const RESERVED = /^([0-9 A-Z]|Tab|Escape|Arrow.*|Home|End|Page.*|Shift|Control|Alt|Meta|CapsLock)$/;

/** Return in words why a command cannot have a key; null if it can. */
export function conflictOf(command: Command, key: string, own: OwnKeys): string | null {
  if (command === "submit") {
    return "Enter always submits.";
  }
  if (key === "Enter" || RESERVED.test(key)) {
    return `${key === " " ? "Space" : key} is used by fields and by the browser. Choose a small letter, a sign or a function key.`;
  }
  const other = COMMANDS.find(
    (one) => one.command !== command && keyOfCommand(one.command, [], own) === key,
  );
  return other ? `${key} is taken: ${other.title}. Give that another key first.` : null;
}

interface Pressed {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** Return the name of a pressed key; null with a modifier that makes it the browser's. */
export function keyName(event: Pressed): string | null {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return event.key === "Enter" && !event.altKey ? "Enter" : null;
  }
  const isLetter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  if (!isLetter) {
    return event.key;
  }
  return event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase(); // Caps Lock is no Shift.
}

/** Return true if a pressed key belongs to the element with the focus, not to the screen. */
export function belongsToElement(target: EventTarget | null, event: Pressed): boolean {
  if (!(target instanceof HTMLElement)) {
    return false;
  }
  const isSent = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (target.matches("textarea, [contenteditable]:not([aria-readonly=true]), select")) {
    return !isSent;
  }
  if (target.matches("input:not([type=radio], [type=checkbox])")) {
    return event.key !== "Enter";
  }
  return target.matches("button, a, summary") && [" ", "Enter"].includes(event.key) && !isSent;
}
