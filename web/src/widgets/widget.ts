/**
 * The interface between a screen and the widgets, one for each kind of field.
 *
 * A widget is a folder `widgets/<kind>` whose module exports one `WidgetModule`. It is loaded when
 * the first spec with a field of its kind is shown. It keeps no answer of its own: `value` is what
 * it shows, `onChange` is how it changes.
 *
 * Focus. Exactly one element of a widget bears `data-focus`, the one that is to get the focus when
 * the field becomes active (for a group with a roving tabindex: the one with tabindex 0). Every
 * other control is reached from there by Tab or the arrow keys, and nothing needs a mouse.
 *
 * Keys. `keys` lists what one key does while the field is active, wherever the focus is outside of
 * a text input; the screen runs them and lists them in the help. A widget that needs more (arrows,
 * nudging, drawing) listens on its own elements and calls `preventDefault` for what it handled: the
 * screen ignores such events. Enter, Backspace and the letters s, g, c, p, h and ? belong to the screen,
 * unless `keys` claims one of them: then the screen's command moves to Shift and that letter.
 * A text that is only read and marked (`aria-readonly`) is no text input, though it has a cursor.
 */

import type { ComponentType } from "react";
import type { components } from "../api/types/queue";

export type FieldDefinition = components["schemas"]["SpecDocument"]["fields"][number];
export type FieldKind = FieldDefinition["kind"];
export type FieldOf<K extends FieldKind> = Extract<FieldDefinition, { kind: K }>;

/** An answer as the label holds it: see docs/labels.md for the value of each kind. */
export type Answer = unknown;
export type Label = Readonly<Record<string, Answer>>;
export type Payload = Readonly<Record<string, unknown>>;

export interface WidgetProps<F extends FieldDefinition = FieldDefinition> {
  readonly field: F;
  /** The answer, or undefined while there is none. It may come from a draft and be unfinished. */
  readonly value: Answer;
  /** Called with the next answer; with undefined to take the answer away. */
  readonly onChange: (value: Answer) => void;
  /** The item's payload, for widgets that mark something in it. */
  readonly payload: Payload;
  /** The order in which the options are shown, by value; without it that of the definition. */
  readonly order?: readonly string[] | undefined;
  readonly disabled: boolean;
  /** True for the field whose keys work now. Show it. */
  readonly isActive: boolean;
  /** The id of the element with the field's title: `aria-labelledby` of the widget's group. */
  readonly labelId: string;
  /** The ids of help and error: `aria-describedby` of the widget's group. */
  readonly describedBy: string | undefined;
  /** What is wrong with the answer, in a sentence; the screen shows it, a widget sets `aria-invalid`. */
  readonly error: string | undefined;
  /** The keys as the screen assigned them: show each beside what it does. */
  readonly keys: readonly FieldKey[];
}

export interface FieldKey {
  /** As `KeyboardEvent.key` says it: `1`, `a`, `ArrowUp`. */
  readonly key: string;
  /** What it does, for the list of keys: the title of an option. */
  readonly title: string;
  /** The option that it chooses, if it chooses one. */
  readonly option?: string;
  /** The answer after the key, from the answer before it. */
  readonly apply: (value: Answer) => Answer;
}

export interface WidgetModule<F extends FieldDefinition = FieldDefinition> {
  readonly Widget: ComponentType<WidgetProps<F>>;
  /** The keys of a field; `order` as in the props. Empty for widgets that handle keys themselves. */
  readonly keys: (field: F, order?: readonly string[]) => readonly FieldKey[];
  /** The answer in words: for suggestions, the list of one's own answers and reviews. */
  readonly describe: (field: F, value: Answer) => string;
  /** The keys of the payload that the widget shows itself, which the screen need not show again. */
  readonly shows?: (field: F, payload: Payload) => readonly string[];
  /** True if one key gives the whole answer, so that the next field becomes active after it. */
  readonly isCompleteAfterKey: boolean;
}
