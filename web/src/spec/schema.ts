/** The JSON Schema of spec documents, from the OpenAPI document of ingest: keys, limits, defaults. */

import { NoAnswer } from "../api/problem";
import type { Services } from "../api/services";
import type { FieldKind } from "../widgets/widget";
import { isObject, type Policy } from "./document";

export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
}

export class SpecSchema {
  constructor(private readonly definitions: Readonly<Record<string, Schema>>) {}

  get policy(): Schema {
    return this.definitions["Policy"] ?? {};
  }

  /** The policy of a document that says nothing of it. */
  get defaultPolicy(): Policy {
    return this.defaultOf(this.policy) as Policy;
  }

  /** Return the settings of a kind of field that are its own, by key. */
  settingsOf(kind: FieldKind): Readonly<Record<string, Schema>> {
    const found = Object.values(this.definitions).find(
      (one) => one.properties?.["kind"]?.const === kind,
    );
    const common = ["name", "title", "help", "required", "required_if", "kind", "options"];
    const entries = Object.entries(found?.properties ?? {});
    return Object.fromEntries(entries.filter(([key]) => !common.includes(key)));
  }

  /** Return a schema with what it refers to in its place, and without the alternative null. */
  resolve(schema: Schema): Schema {
    const { $ref, allOf, anyOf, ...own } = schema;
    const parts = [
      ...($ref ? [this.definitions[$ref.split("/").at(-1) ?? ""] ?? {}] : []),
      ...(allOf ?? []),
      ...(anyOf ?? []).filter((one) => one.type !== "null"),
    ];
    const [part] = parts;
    return part ? { ...this.resolve(part), ...own } : own;
  }

  /** Return the value of a place that nobody has set. */
  defaultOf(schema: Schema): unknown {
    const { properties, default: own } = this.resolve(schema);
    if (!properties) {
      return own;
    }
    const entries = Object.entries(properties).map(
      ([key, part]) =>
        [key, (isObject(own) ? own[key] : undefined) ?? this.defaultOf(part)] as const,
    );
    return Object.fromEntries(entries.filter(([, value]) => value != null));
  }
}

/** Fetch the schema. Throws NoAnswer. */
export async function loadSchema(services: Services): Promise<SpecSchema> {
  const response = await fetch(`${services.addressOf("ingest")}/openapi.json`).catch((error) => {
    throw new NoAnswer(String(error));
  });
  if (!response.ok) {
    throw new NoAnswer(`openapi.json was answered with ${response.status}`);
  }
  const document = (await response.json()) as {
    components: { schemas: Readonly<Record<string, Schema>> };
  };
  return new SpecSchema(document.components.schemas);
}
