/** Items to try a draft with: one made for its fields, real ones of the project, one typed in. */

import type { FieldDefinition, Payload } from "../widgets/widget";
import { isObject } from "./document";
import { optionsOf, optionValue } from "./edits";

const TEXT =
  "The kettle boils in under two minutes and looks lovely. After three weeks the lid stuck, though.";
/** A drawing: a house, a tree and the sun. */
const IMAGE = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400" viewBox="0 0 640 400">' +
    '<rect width="640" height="400" fill="#cfe4f7"/><rect y="300" width="640" height="100" fill="#8fbf7f"/>' +
    '<rect x="120" y="180" width="170" height="140" fill="#d9a066"/>' +
    '<path d="M100 180 205 100 310 180z" fill="#9c4a3c"/><rect x="185" y="250" width="40" height="70" fill="#5b3a29"/>' +
    '<rect x="445" y="220" width="26" height="100" fill="#6b4a2b"/><circle cx="458" cy="180" r="70" fill="#4f8f46"/>' +
    '<circle cx="560" cy="70" r="40" fill="#f7c948"/></svg>',
)}`;

/** Return a payload that every field of a draft can be tried on. */
export function examplePayload(fields: readonly FieldDefinition[]): Payload {
  const payload: Record<string, unknown> = {};
  for (const field of fields) {
    if (field.kind === "boxes") {
      payload["image"] = IMAGE;
    } else if (field.kind === "spans") {
      payload[field.text_field ?? "text"] = TEXT;
    } else if (field.kind === "pairwise") {
      const [first = "", second = ""] = optionsOf(field).map(optionValue);
      payload[first] = TEXT;
      payload[second] = `${TEXT} Support answered within a day.`;
    }
  }
  return Object.keys(payload).length ? payload : { text: TEXT };
}

/** Read a payload that was typed in: an object as JSON, else the text of an item. */
export function typedPayload(text: string): Payload {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : { text };
  } catch (error) {
    if (error instanceof SyntaxError) {
      return { text };
    }
    throw error;
  }
}
