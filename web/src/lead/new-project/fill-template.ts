/** Templates of specifications, with the names of the file's columns in the places for them. */

import type { components } from "../../api/types/ingest";

export type Template = components["schemas"]["SpecTemplate"];

export interface TemplateOption {
  readonly value: string;
  readonly title: string;
}

export interface TemplateField {
  readonly name: string;
  readonly kind: string;
  readonly title?: string;
  readonly help?: string;
  readonly text_field?: string;
  readonly options?: readonly (string | TemplateOption)[];
}

export interface TemplateDocument {
  readonly fields: readonly TemplateField[];
  readonly guidelines?: readonly { readonly id: string; readonly text: string }[];
}

/** A payload column with some of its values. */
export interface ShownColumn {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** Return the document with the fields filled in from the columns that are shown. */
export function fillTemplate(
  document: TemplateDocument,
  columns: readonly ShownColumn[],
): TemplateDocument {
  return { ...document, fields: document.fields.map((field) => filled(field, columns)) };
}

/** The kinds whose options are themselves parts of the payload. */
const COMPARED = new Set(["pairwise", "ranking"]);

function filled(field: TemplateField, columns: readonly ShownColumn[]): TemplateField {
  const names = columns.map((column) => column.name);
  if (field.kind === "spans" && !names.includes(field.text_field ?? "text")) {
    const text = longestText(columns);
    return text === undefined ? field : { ...field, text_field: text };
  }
  const count = field.options?.length ?? 0;
  const isThere = field.options?.every((option) => names.includes(optionValue(option)));
  if (COMPARED.has(field.kind) && !isThere && names.length >= count) {
    // What is asked comes first in a file, what is compared after it.
    const options = names.slice(-count).map((name) => ({ value: name, title: name }));
    return { ...field, options };
  }
  return field;
}

/** Return the name of the column with the longest texts. */
function longestText(columns: readonly ShownColumn[]): string | undefined {
  const length = ({ values }: ShownColumn) =>
    values.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0);
  const texts = columns.filter((column) => length(column) > 0);
  return texts.sort((a, b) => length(b) - length(a))[0]?.name;
}

function optionValue(option: string | TemplateOption): string {
  return typeof option === "string" ? option : option.value;
}

/** Return the options as lines of text: their titles. */
export function optionLines(field: TemplateField): string {
  return (field.options ?? [])
    .map((option) => (typeof option === "string" ? option : option.title))
    .join("\n");
}

/** Return the field with these lines as options; options whose title stays keep their value. */
export function withOptionLines(field: TemplateField, lines: string): TemplateField {
  const known = new Map(
    (field.options ?? []).map((option) => [
      typeof option === "string" ? option : option.title,
      option,
    ]),
  );
  const titles = lines.split("\n").map((line) => line.trim());
  const options = [...new Set(titles)]
    .filter((title) => title !== "")
    .map((title) => known.get(title) ?? title);
  return { ...field, options };
}
