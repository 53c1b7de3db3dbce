import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Lease } from "../tasks/task";
import {
  type Candidate,
  candidatesOf,
  groupsOf,
  isDisputed,
  isSameLabel,
  letterOf,
} from "./candidates";

const annotator = (label: Candidate["label"]): Candidate => ({
  ...{ name: "A", source: "annotator", label, rules: [], note: null, score: null },
});

describe("the answers that were given", () => {
  it("are the decided label, the annotators by letter, then the model", () => {
    const context = {
      reason: "sample",
      label: { mood: "good" },
      votes: [
        { label: { mood: "good" }, rules: ["R1"] },
        { label: { mood: "bad" }, note: "n" },
      ],
      prelabel: { model: "small", value: { mood: "bad" }, score: 0.5 },
    };

    const candidates = candidatesOf({ context } as unknown as Lease);

    expect(candidates.map(({ name }) => name)).toEqual(["Decided", "A", "B", "small"]);
    expect(candidates.map(({ rules }) => rules)).toEqual([[], ["R1"], [], []]);
    expect(candidates.map(({ note }) => note)).toEqual([null, null, "n", null]);
  });

  it("have a letter each, however many they are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (count) => {
        const letters = Array.from({ length: count }, (_, place) => letterOf(place));
        expect(new Set(letters).size).toBe(count);
      }),
    );
  });

  it("are in one group if they are equal, whatever the order of their keys", () => {
    const candidates = [
      annotator({ box: { x: 1, y: 2 } }),
      annotator({ box: { y: 2, x: 1 } }),
      annotator({}),
    ];

    expect(groupsOf(candidates, "box")).toEqual([0, 0, 1]);
    expect(isSameLabel({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })).toBe(true);
    expect(isSameLabel({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
  });

  it("are in dispute where people differ, not where a model does", () => {
    const model: Candidate = { ...annotator({ mood: "bad", why: "x" }), source: "model" };
    const candidates = [annotator({ mood: "good" }), annotator({ mood: "good", why: "x" }), model];

    expect(isDisputed(candidates, "mood")).toBe(false);
    expect(isDisputed(candidates, "why")).toBe(true);
  });
});
