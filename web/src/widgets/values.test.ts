/** Whatever a person does, an answer is one that the field's schema accepts, or one not yet finished. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { mostParts, partsOf, replaceOther, toggle as toggleChoice } from "./choices/choices-value";
import { limitsHint, parse, stepFrom } from "./number/number-value";
import { otherAnswer } from "./other-input";
import { move, ranked, toggle as toggleRank } from "./ranking/ranking-value";
import { answerOf, lengthHint } from "./text/text-value";

const OPTIONS = ["a", "b", "c", "d"];
const actions = fc.array(fc.constantFrom(...OPTIONS, "other", "none"), { maxLength: 20 });

test("choices have no part twice, one text of one's own at most, and no more than the most", () => {
  fc.assert(
    fc.property(actions, fc.integer({ min: 1, max: 5 }), (steps, max_items) => {
      const field = {
        name: "f",
        kind: "choices",
        options: OPTIONS,
        other: true,
        max_items,
      } as const;
      let value: unknown;
      for (const step of steps) {
        if (step === "other") value = replaceOther(field, value, { other: "mine" });
        else if (step === "none") value = replaceOther(field, value, undefined);
        else value = toggleChoice(field, value, step);
        const parts = partsOf(value).map((part) => JSON.stringify(part));
        expect(new Set(parts).size).toBe(parts.length);
        expect(parts.length).toBeLessThanOrEqual(mostParts(field));
      }
    }),
  );
});

test("a ranking has no option twice and no more than the most; all but one ranked are all ranked", () => {
  fc.assert(
    fc.property(actions, fc.integer({ min: 1, max: 4 }), (steps, max_items) => {
      const field = { name: "f", kind: "ranking", options: OPTIONS, max_items } as const;
      let value: unknown;
      for (const step of steps.filter((one) => OPTIONS.includes(one))) {
        value = toggleRank(field, value, step);
        const order = ranked(value);
        expect(new Set(order).size).toBe(order.length);
        expect(order.length).toBeLessThanOrEqual(max_items);
      }
    }),
  );
  const options = ["a", "b"];
  const all = { name: "f", kind: "ranking", options } as const;
  expect(toggleRank(all, undefined, "b")).toEqual(["b", "a"]);
  expect(toggleRank(all, ["b"], "b")).toBeUndefined();
});

test("an option in a ranking moves to a place, and those between by one", () => {
  expect(move(["a", "b", "c", "d"], 0, 2)).toEqual(["b", "c", "a", "d"]);
  expect(move(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(move(["a", "b"], 0, 2)).toEqual(["a", "b"]);
});

test("numbers are read as people write them, and what is no number gives none", () => {
  expect(["12", " 1,5 ", "-.5", "−3", "1.", "-0"].map(parse)).toEqual([12, 1.5, -0.5, -3, 1, 0]);
  expect(["", "-", "1e3", "abc", "1.2.3", "9007199254740992"].map(parse)).toEqual(
    Array(6).fill(undefined),
  );
});

test("steps are decimal multiples of the step within the limits", () => {
  const field = { name: "n", kind: "number", minimum: 0, maximum: 1, step: 0.1 } as const;
  expect(stepFrom(field, 0.2, 1)).toBe(0.3);
  expect(stepFrom(field, 0.25, -1)).toBe(0.2);
  expect(stepFrom(field, 1, 1)).toBe(1);
  expect(stepFrom(field, undefined, 1)).toBe(0);
  expect(stepFrom({ ...field, maximum: 0.95 }, 0.9, 1)).toBe(0.9);
  expect(limitsHint(field)).toBe("0 to 1, in steps of 0.1");
});

test("texts end at the longest allowed, in code points, and hold nothing that cannot be stored", () => {
  const field = { name: "t", kind: "text", max_length: 3 } as const;
  expect(answerOf(field, "😀😀😀😀")).toBe("😀😀😀");
  expect(answerOf(field, "\0")).toBeUndefined();
  expect(answerOf({ ...field, min_length: 0 }, "")).toBe("");
  expect(lengthHint(field, "😀😀")).toBe("2 of at most 3 characters");
});

test("a text of one's own that cannot be seen is no answer", () => {
  expect(otherAnswer(" \u200b")).toBeUndefined();
  expect(otherAnswer(" tea ")).toEqual({ other: " tea " });
  expect(otherAnswer("x".repeat(600))?.other).toHaveLength(500);
});
