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
import { readTurns } from "./chat/turns";

export type PayloadKind = "text" | "markdown" | "html" | "image" | "audio" | "chat" | "json";

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
  ["chat", (value) => readTurns(value) !== undefined],
  ["image", (value, key) => isMedia(value, key, IMAGE)],
  ["audio", (value, key) => isMedia(value, key, AUDIO)],
  ["html", (value, key) => isText(value) && (/(^|_)html$/.test(key) || DOCUMENT.test(value))],
  ["markdown", (value, key) => isText(value) && /(^|_)(markdown|md)$/.test(key)],
  ["text", isText],
  ["json", () => true],
];

const IMAGE = {
  key: /(^|_)(image|img|photo|picture)(_url)?$/,
  address: /^data:image\/|\.(png|jpe?g|gif|webp|avif|svg|bmp)($|[?#])/i,
};
const AUDIO = {
  key: /(^|_)(audio|sound|recording|speech)(_url)?$/,
  address: /^data:audio\/|\.(mp3|wav|ogg|oga|opus|flac|m4a|aac)($|[?#])/i,
};
/** An address by itself: with a scheme that can be loaded, or a path from the root. */
const ADDRESS = /^(https?:\/\/|\/(?!\/)|data:)\S+$/i;
const DOCUMENT = /^\s*<(!doctype\s+html|html)[\s>]/i;

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isMedia(value: unknown, key: string, media: typeof IMAGE): boolean {
  if (!isText(value) || !ADDRESS.test(value)) return false;
  return media.address.test(value) || (media.key.test(key) && !value.startsWith("data:"));
}

/** Return the parts of a payload in the order shown: `shows` if the spec names keys, else all. */
export function classify(payload: Payload, shows?: readonly string[]): PayloadPart[] {
  return (shows ?? Object.keys(payload))
    .filter((key) => key in payload)
    .map((key) => ({ key, value: payload[key], kind: kindOf(payload[key], key) }));
}

/** Return the kind of the part of a payload under `key`. */
export function kindOf(value: unknown, key: string): PayloadKind {
  return RECOGNIZERS.find(([, recognizes]) => recognizes(value, key))?.[0] ?? "json";
}
