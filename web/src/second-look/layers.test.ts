import fc from "fast-check";
import { expect, it } from "vitest";
import { CodePoints } from "../widgets/code-points";
import type { Candidate } from "./candidates";
import { layeredMarks } from "./layers";

const TEXT = "😀 Ada met Bob in Rome.";
const candidate = (name: string, spans: unknown): Candidate => ({
  ...{ name, source: "annotator", label: { names: spans }, rules: [], note: null, score: null },
});
const span = (start: number, end: number, label?: string) => ({
  ...{ start, end, quote: "x", ...(label === undefined ? {} : { label }) },
});
const title = (label: string) => label.toUpperCase();

it("draws the marks of all annotators in one text, each under the name of its annotator", () => {
  const layers = [
    { candidate: candidate("A", [span(2, 5, "person")]), place: 0 },
    { candidate: candidate("B", [span(2, 9), span(0, 1, "person")]), place: 1 },
  ];

  const { marks, places, titles } = layeredMarks(layers, "names", new CodePoints(TEXT), title);

  expect(marks.map(({ start, end, lane, label }) => [start, end, lane, titles.get(label)])).toEqual(
    [
      [0, 2, 0, "B: PERSON"],
      [3, 10, 0, "B"],
      [3, 6, 1, "A: PERSON"],
    ],
  );
  expect(marks.map(({ label }) => places.get(label))).toEqual([1, 1, 0]);
});

it("never draws two marks that overlap in one lane, and leaves no mark out", () => {
  const spans = fc.array(
    fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 5 })).map(([at, n]) => span(at, at + n)),
  );
  fc.assert(
    fc.property(spans, spans, (one, other) => {
      const layers = [one, other].map((value, place) => ({
        candidate: candidate(`${place}`, value),
        place,
      }));
      const { marks } = layeredMarks(layers, "names", new CodePoints(TEXT), title);
      expect(marks).toHaveLength(one.length + other.length);
      for (const [at, mark] of marks.entries()) {
        const beside = marks.slice(at + 1).filter(({ lane }) => lane === mark.lane);
        expect(beside.every(({ start }) => start >= mark.end)).toBe(true);
      }
    }),
  );
});
