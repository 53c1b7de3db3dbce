import { describe, expect, it } from "vitest";
import type { FieldDefinition, Label } from "../widgets/widget";
import cases from "./server-sentences.json";
import { compileCheck } from "./validate";

describe("the page says of a label what the server says", () => {
  for (const { fields, schema, labels } of cases) {
    const { check } = compileCheck(schema, fields as unknown as FieldDefinition[]);
    for (const { label, refusals } of labels) {
      it(`${fields[0]?.name}: ${JSON.stringify(label)}`, () => {
        const found = check(label as Label);
        expect(places(found)).toEqual(places(refusals));
        // Of one place the server may say several things, and the page says one of them.
        expect(refusals).toEqual(expect.arrayContaining([...found]));
      });
    }
  }
});

function places(problems: readonly { readonly pointer: string }[]): string[] {
  return [...new Set(problems.map((one) => one.pointer))].sort();
}
