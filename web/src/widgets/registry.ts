/** Which module shows which kind of field. A kind is one line here and one folder beside this file. */

import { NoAnswer } from "../api/problem";
import type { FieldDefinition, FieldKind, FieldOf, WidgetModule } from "./widget";

type Loaders = { readonly [K in FieldKind]?: () => Promise<WidgetModule<FieldOf<K>>> };

const LOADERS: Loaders = {
  choice: async () => (await import("./choice/choice")).choice,
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
  return new Map(loaded.flatMap(([kind, module]) => (module ? [[kind, module] as const] : [])));
}

async function load(kind: FieldKind): Promise<WidgetModule | undefined> {
  try {
    // A module is only ever given fields of its own kind, which the map's type cannot say.
    return (await LOADERS[kind]?.()) as WidgetModule | undefined;
  } catch (error) {
    throw new NoAnswer(`The part of the page for “${kind}” did not load: ${error}`);
  }
}
