import { expect, test } from "vitest";
import { fillTemplate, optionLines, type TemplateField, withOptionLines } from "./fill-template";

const COLUMNS = [
  { name: "subject", values: ["Hello"] },
  { name: "body", values: ["A long text about something."] },
  { name: "reply", values: ["Yes"] },
];

function fill(field: TemplateField): TemplateField | undefined {
  return fillTemplate({ fields: [field] }, COLUMNS).fields[0];
}

test("spans are marked in the longest text, unless the field's own column is there", () => {
  expect(fill({ name: "f", kind: "spans", text_field: "text" })?.text_field).toBe("body");
  expect(fill({ name: "f", kind: "spans", text_field: "subject" })?.text_field).toBe("subject");
});

test("what is compared are the last columns, unless the field's own are there", () => {
  const options = ["answer_a", "answer_b"];
  expect(fill({ name: "f", kind: "pairwise", options })?.options).toEqual([
    { value: "body", title: "body" },
    { value: "reply", title: "reply" },
  ]);
  const own = ["subject", "reply"];
  expect(fill({ name: "f", kind: "pairwise", options: own })?.options).toEqual(own);
});

test("options that keep their title keep their value, and new ones are added", () => {
  const field: TemplateField = {
    name: "mood",
    kind: "choice",
    options: [{ value: "pos", title: "Positive" }, "none"],
  };
  expect(optionLines(field)).toBe("Positive\nnone");
  expect(withOptionLines(field, " Positive \n\nMixed\nMixed").options).toEqual([
    { value: "pos", title: "Positive" },
    "Mixed",
  ]);
});
