/** A label in one line: each answer behind the title of its field. */

import type { Spec } from "../tasks/spec";
import { titleOf } from "../validate/sentences";
import type { Label } from "../widgets/widget";

/** Return the answers of a label in words, also of fields that this version of the spec lacks. */
export function labelInWords(spec: Spec, label: Label, names?: readonly string[]): string {
  const known = spec.labelFields.map(({ name }) => name);
  const all = [...known, ...Object.keys(label).filter((name) => !known.includes(name))];
  return (names ?? all)
    .filter((name) => label[name] !== undefined)
    .map((name) => {
      const field = spec.labelFields.find((one) => one.name === name);
      const words = field && spec.widgets.get(field.kind)?.describe(field, label[name]);
      const title = field ? titleOf(field) : name;
      return `${title.replace(/[.:?!]$/, "")}: ${words ?? JSON.stringify(label[name])}`;
    })
    .join(" · ");
}
