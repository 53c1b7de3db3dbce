/**
 * The interface between a screen and the viewers of payloads, one for each kind of content.
 *
 * A viewer is a folder `payload/<kind>` whose module exports one component. `classify` says which
 * part of a payload is of which kind; what nothing else recognizes is shown as a tree, so that an
 * unknown payload can be read too. Content comes from outside: a viewer never runs it, never puts
 * it into the page as markup, and loads nothing but what the content policy allows.
 */

import type { ComponentType } from "react";
import type { Payload } from "../widgets/widget";

export type PayloadKind = "text" | "json";

export interface PayloadPart {
  readonly key: string;
  readonly kind: PayloadKind;
  readonly value: unknown;
}

export interface ViewProps {
  /** The key of the part in the payload. The screen shows it as a heading if there are several. */
  readonly name: string;
  readonly value: unknown;
}

export type View = ComponentType<ViewProps>;

/** Each kind with its test, in the order of asking. The last one takes everything. */
const RECOGNIZERS: readonly (readonly [PayloadKind, (value: unknown, key: string) => boolean])[] = [
  ["text", (value) => typeof value === "string"],
  ["json", () => true],
];

/** Return the parts of a payload in the order shown: `shows` if the spec names keys, else all. */
export function classify(payload: Payload, shows?: readonly string[]): PayloadPart[] {
  return (shows ?? Object.keys(payload))
    .filter((key) => key in payload)
    .map((key) => ({ key, value: payload[key], kind: kindOf(payload[key], key) }));
}

function kindOf(value: unknown, key: string): PayloadKind {
  return RECOGNIZERS.find(([, recognizes]) => recognizes(value, key))?.[0] ?? "json";
}
