/** A spec document as text and as the editor holds it. */

import type { components } from "../api/types/ingest";
import type { FieldDefinition } from "../widgets/widget";

export type Rule = components["schemas"]["Rule"];
export type Policy = components["schemas"]["Policy"];

/** A document with all its parts. What the server does not know stays in it, for the server to say. */
export interface SpecDocument {
  readonly task_type: string;
  readonly fields: readonly FieldDefinition[];
  readonly guidelines: readonly Rule[];
  readonly policy: Policy;
}

export const EMPTY_DOCUMENT: SpecDocument = {
  task_type: "",
  fields: [],
  guidelines: [],
  policy: {},
};

export type Parsed = { readonly document: SpecDocument } | { readonly fault: string };

export function formatDocument(document: SpecDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Read a document, or say in a sentence why the forms cannot show it. */
export function parseDocument(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { fault: notJson(error, text) };
  }
  return readDocument(value);
}

/** Return the document in a JSON value: every part that the forms show must be of its kind. */
export function readDocument(value: unknown): Parsed {
  if (!isObject(value)) {
    return { fault: "A specification is an object: it begins with { and ends with }." };
  }
  const { task_type = "", fields = [], guidelines = [], policy = {} } = value;
  if (typeof task_type !== "string") {
    return { fault: "“task_type” must be text in quotation marks." };
  }
  if (!Array.isArray(fields) || !fields.every(isField)) {
    return { fault: "“fields” must be a list of objects, each with a “name” and a “kind”." };
  }
  if (!Array.isArray(guidelines) || !guidelines.every(isRule)) {
    return { fault: "“guidelines” must be a list of objects, each with an “id” and a “text”." };
  }
  if (!isObject(policy)) {
    return { fault: "“policy” must be an object." };
  }
  return { document: { ...value, task_type, fields, guidelines, policy } };
}

function isField(value: unknown): value is FieldDefinition {
  if (!isObject(value) || typeof value["name"] !== "string" || typeof value["kind"] !== "string") {
    return false;
  }
  const { options = [], title = "", help = "", required_if } = value;
  const isConditionReadable =
    required_if === undefined || (isObject(required_if) && Array.isArray(required_if["in"]));
  return (
    Array.isArray(options) &&
    options.every(isOption) &&
    typeof title === "string" &&
    typeof help === "string" &&
    isConditionReadable
  );
}

function isOption(value: unknown): boolean {
  return typeof value === "string" || (isObject(value) && typeof value["value"] === "string");
}

function isRule(value: unknown): value is Rule {
  if (!isObject(value) || typeof value["id"] !== "string" || typeof value["text"] !== "string") {
    return false;
  }
  const { examples = [], counter_examples = [] } = value;
  return [examples, counter_examples].every(
    (texts) => Array.isArray(texts) && texts.every((text) => typeof text === "string"),
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Say where a text stops being JSON, as far as the browser tells. */
function notJson(error: unknown, text: string): string {
  const said = error instanceof Error ? error.message : String(error);
  const [, line, column] = /line (\d+) column (\d+)/.exec(said) ?? [];
  if (line && column) {
    return `This is not JSON yet: look at line ${line}, column ${column}.`;
  }
  return text.trim() ? "This is not JSON yet: something is missing at the end." : "This is empty.";
}
