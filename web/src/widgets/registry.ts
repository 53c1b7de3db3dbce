/** Which module shows which kind of field. A kind is one line here and one folder beside this file. */

import { NoAnswer } from "../api/problem";
import type { FieldDefinition, FieldKind, FieldOf, WidgetModule } from "./widget";

type Loaders = { readonly [K in FieldKind]: () => Promise<WidgetModule<FieldOf<K>>> };

const LOADERS: Loaders = {
  boxes: async () => (await import("./boxes/boxes")).boxes,
  choice: async () => (await import("./choice/choice")).choice,
  choices: async () => (await import("./choices/choices")).choices,
  number: async () => (await import("./number/number")).number,
  pairwise: async () => (await import("./pairwise/pairwise")).pairwise,
  ranking: async () => (await import("./ranking/ranking")).ranking,
  rating: async () => (await import("./rating/rating")).rating,
  spans: async () => (await import("./spans/spans")).spans,
  text: async () => (await import("./text/text")).text,
};

export type Widgets = ReadonlyMap<FieldKind, WidgetModule>;

/**
 * Load the modules of all `fields`, so that nothing is waited for between two tasks.
 *
 * Throws NoAnswer if one cannot be loaded now.
 */
export async function loadWidgets(fields: readonly FieldDefinition[]): Promise<Widgets> {
  const kinds = [...new Set(fields.map((field) => field.kind))];
  const loaded = await Promise.all(kinds.map(async (kind) => [kind, await load(kind)] as const));
  return new Map(loaded);
}

async function load(kind: FieldKind): Promise<WidgetModule> {
  try {
    // A module is only ever given fields of its own kind, which the map's type cannot say.
    return (await LOADERS[kind]()) as WidgetModule;
  } catch (error) {
    throw new NoAnswer(`The part of the page for “${kind}” did not load: ${error}`);
  }
}
