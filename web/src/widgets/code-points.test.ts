import fc from "fast-check";
import { expect, test } from "vitest";
import { CodePoints, clip, codePointLength, storable } from "./code-points";

/** Texts with emoji, combining marks and halves of pairs. */
const texts = fc.string({ unit: "binary", maxLength: 60 });

test("positions in units and in code points are converted into each other", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const points = new CodePoints(text);
      let unit = 0;
      for (const [point, character] of [...text].entries()) {
        expect(points.fromUnit(unit)).toBe(point);
        expect(points.toUnit(point)).toBe(unit);
        unit += character.length;
      }
      expect(points.fromUnit(text.length)).toBe([...text].length);
      expect(points.toUnit([...text].length)).toBe(text.length);
    }),
  );
});

test("a text is cut after a number of code points and never within one", () => {
  fc.assert(
    fc.property(texts, fc.nat(60), (text, length) => {
      expect(clip(text, length)).toBe([...text].slice(0, length).join(""));
      expect(codePointLength(text)).toBe([...text].length);
    }),
  );
});

test("NUL and halves of surrogate pairs are not kept", () => {
  expect(storable("a\0b\ud800c😀")).toBe("ab\ufffdc😀");
});
