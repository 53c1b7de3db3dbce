/** The sentences of `labels/error_messages.py`, word for word: a test compares the two. */

import type { FieldProblem } from "../api/problem";
import type { FieldDefinition, Label } from "../widgets/widget";

export interface SchemaError {
  readonly keyword: string;
  readonly pointer: string;
  /** The value of the keyword in the schema. */
  readonly limit: unknown;
  readonly label: Label;
  readonly byName: ReadonlyMap<string, FieldDefinition>;
}

const SHOWN_MAX = 10;
const NO_NUL = "^[^\\x00]*$";
const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  array: "a list",
  object: "an object",
};

/** Return what an error of the schema's validator says to people, for each place it is about. */
export function sentence(error: SchemaError): FieldProblem[] {
  const { keyword, pointer, byName } = error;
  const field = byName.get(pointer.split("/")[1] ?? "");
  if (keyword === "required") {
    return missing(error);
  }
  if (keyword === "false") {
    const reason = field ? "falseSchema" : "additionalProperties";
    return [{ pointer, keyword: reason, message: notAsked(pointer, field, byName) }];
  }
  const message = MESSAGES[keyword]?.(error.limit, field) ?? "This answer is not allowed.";
  const name = error.limit === NO_NUL ? "nul" : keyword;
  // Of a key that is not known the schema's validator says `false` too.
  return keyword === "additionalProperties" ? [] : [{ pointer, keyword: name, message }];
}

function missing({ pointer, limit, label, byName }: SchemaError): FieldProblem[] {
  const place = partAt(label, pointer);
  return (limit as string[])
    .filter((name) => !(name in place))
    .map((name) => {
      const title = titleOf(byName.get(name), name);
      const message = pointer ? `“${name}” is missing here.` : `Please answer “${title}”.`;
      return { pointer: `${pointer}/${name}`, keyword: "required", message };
    });
}

function partAt(label: Label, pointer: string): object {
  const parts = pointer.split("/").slice(1);
  const value = parts.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], label);
  return value as object;
}

function notAsked(
  pointer: string,
  field: FieldDefinition | undefined,
  byName: SchemaError["byName"],
): string {
  const condition = field?.required_if;
  const other = condition && byName.get(condition.field);
  if (!field) {
    return `“${pointer.split("/").at(-1)}” is not part of this answer.`;
  }
  if (!(condition && other)) {
    return "This is not asked; leave it out.";
  }
  const values = listed(condition.in, other);
  return `“${titleOf(field)}” is asked only if “${titleOf(other)}” is ${values}; leave it out.`;
}

export function titleOf(field: FieldDefinition | undefined, name = ""): string {
  return field?.title ?? field?.name ?? name;
}

function listed(values: readonly unknown[], field: FieldDefinition | undefined): string {
  const options = field && "options" in field ? (field.options ?? []) : [];
  const titles = new Map(
    options.map((one) =>
      typeof one === "string" ? [one, one] : [one.value, one.title ?? one.value],
    ),
  );
  const shown = values.slice(0, SHOWN_MAX).map((value) => titles.get(String(value)) ?? value);
  return shown.join(", ") + (values.length > SHOWN_MAX ? ", …" : "");
}

function optionsOf(field: FieldDefinition | undefined): string[] {
  const options = field && "options" in field ? (field.options ?? []) : [];
  return options.map((one) => (typeof one === "string" ? one : one.value));
}

function typeNames(limit: unknown): string {
  const names = Array.isArray(limit) ? limit : [limit];
  return names.map((name) => TYPES[name] ?? name).join(" or ");
}

type Message = (limit: unknown, field: FieldDefinition | undefined) => string;

const oneOther: Message = () => "Only one “other” answer can be given.";

const MESSAGES: Readonly<Record<string, Message>> = {
  enum: (limit, field) => `Choose one of: ${listed(limit as unknown[], field)}.`,
  anyOf: (_, field) => `Choose one of: ${listed(optionsOf(field), field)}; or say what else it is.`,
  type: (limit) => `This must be ${typeNames(limit)}.`,
  pattern: (limit) => patternMessage(String(limit)),
  minimum: (limit) => `This must be at least ${limit}.`,
  maximum: (limit) => `This must be at most ${limit}.`,
  multipleOf: (limit) => `This must be a multiple of ${limit}.`,
  minLength: (limit) => `Write at least ${limit} character(s).`,
  maxLength: (limit) => `Write at most ${limit} character(s).`,
  minItems: (limit) => `Give at least ${limit}.`,
  maxItems: (limit) => `Give at most ${limit}.`,
  uniqueItems: () => "The same thing is given twice.",
  contains: oneOther,
  maxContains: oneOther,
};

function patternMessage(pattern: string): string {
  if (pattern === NO_NUL) {
    return "This text contains the character NUL, which cannot be stored.";
  }
  if (pattern.startsWith("[^\\s\\x00")) {
    return "There is nothing written here.";
  }
  return `This does not have the form that is asked for (${pattern}).`;
}
