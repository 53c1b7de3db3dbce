import fc from "fast-check";
import { expect, test } from "vitest";
import { pairwise } from "./pairwise";
import { type Piece, wordDifference } from "./word-difference";

const whole = (pieces: readonly Piece[] | undefined) => pieces?.map(({ text }) => text).join("");
const different = (pieces: readonly Piece[] | undefined) =>
  pieces?.filter((piece) => piece.isDifferent).map(({ text }) => text);

test("only the words that differ are marked", () => {
  const [first, second] =
    wordDifference("We meet on Monday at 9.", "We meet on Tuesday at 10.") ?? [];
  expect(different(first)).toEqual(["Monday", "9"]);
  expect(different(second)).toEqual(["Tuesday", "10"]);
});

test("the pieces are the texts, and what is not marked is the same in both", () => {
  const texts = fc.string({ unit: fc.constantFrom("a ", "b ", "c\n", "😀", ". "), maxLength: 30 });
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const [first, second] = wordDifference(a, b) ?? [];
      expect([whole(first), whole(second)]).toEqual([a, b]);
      const common = (pieces: readonly Piece[] | undefined) =>
        whole(pieces?.filter((piece) => !piece.isDifferent));
      expect(common(first)).toBe(common(second));
    }),
  );
});

test("texts too long and too different to compare at once are not compared", () => {
  expect(wordDifference("a b ".repeat(2000), "c d ".repeat(2000))).toBeUndefined();
});

test("the keys follow the order in which the two are shown, with the tie between them", () => {
  const field = { name: "p", kind: "pairwise", options: ["a", "b"], tie: true } as const;
  const keys = pairwise.keys({ ...field, options: ["a", "b"] }, ["b", "a"]);
  expect(keys.map(({ key, option }) => [key, option])).toEqual([
    ["1", "b"],
    ["2", "tie"],
    ["3", "a"],
  ]);
});
