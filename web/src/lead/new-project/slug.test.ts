import fc from "fast-check";
import { expect, test } from "vitest";
import { slug, titleOfFile } from "./slug";

test("a title becomes a name that the services take, or nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (title) => {
      expect(slug(title)).toMatch(/^([a-z0-9][a-z0-9._-]{0,62})?$/);
    }),
  );
  expect(slug("Support Messages (Größe)")).toBe("support-messages-grosse");
  expect(slug("日本")).toBe("");
});

test("the title comes from the name of the file", () => {
  expect(titleOfFile("support_messages.csv.gz")).toBe("Support messages");
  expect(titleOfFile("Tickets 2026-03.xlsx")).toBe("Tickets 2026 03");
  expect(titleOfFile("v1.2 answers.ndjson")).toBe("V1 2 answers");
});
