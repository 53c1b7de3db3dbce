/**
 * Checks a label by the server's own JSON Schema, and says what is wrong in the server's sentences.
 *
 * What a schema cannot say (the quotes of spans, an "other" answer that is an option) is left to the
 * server, whose refusals have the same shape.
 */

import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import type { FieldProblem } from "../api/problem";
import type { FieldDefinition, Label } from "../widgets/widget";
import { sentence } from "./sentences";

export interface LabelCheck {
  /** Return what is wrong with a label, at most one problem for each place; empty if it is valid. */
  readonly check: (label: Label) => readonly FieldProblem[];
  /** Return true if `value` alone is an answer to the field. */
  readonly fits: (field: string, value: unknown) => boolean;
}

/** Applicators: their own errors only say that something within them is wrong. */
const WRAPPERS = new Set(["properties", "allOf", "if", "then", "else", "items", "$ref"]);

export function compileCheck(
  schema: Record<string, unknown>,
  fields: readonly FieldDefinition[],
): LabelCheck {
  const validator = new Validator(schema as Schema, "2020-12", false);
  const byName = new Map(fields.map((field) => [field.name, field]));
  const properties = (schema["properties"] ?? {}) as Record<string, Schema>;
  const single = new Map<string, Validator>();

  function check(label: Label): FieldProblem[] {
    const found = validator.validate(label).errors.filter(isAboutThePlace);
    const problems = found.flatMap((unit) => {
      const pointer = unit.instanceLocation.slice(1);
      const limit = valueAt(schema, unit.keywordLocation.slice(1));
      return sentence({ ...unit, pointer, limit, byName, label });
    });
    return [...new Map(problems.map((one) => [one.pointer, one])).values()];
  }

  function fits(field: string, value: unknown): boolean {
    const definition = properties[field];
    if (definition === undefined) {
      return false;
    }
    const own = single.get(field) ?? new Validator(definition, "2020-12");
    single.set(field, own);
    return own.validate(value).valid;
  }

  return { check, fits };
}

function isAboutThePlace(unit: OutputUnit): boolean {
  const isWithinAlternative = unit.keywordLocation.includes("/anyOf/");
  return !WRAPPERS.has(unit.keyword) && !isWithinAlternative;
}

/** Return the part of a schema that a JSON pointer names. */
function valueAt(schema: unknown, pointer: string): unknown {
  const parts = pointer.split("/").slice(1);
  return parts.reduce<unknown>((value, part) => {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    return (value as Record<string, unknown> | undefined)?.[key];
  }, schema);
}
