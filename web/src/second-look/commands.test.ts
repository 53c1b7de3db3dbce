import { describe, expect, it } from "vitest";
import type { Candidate } from "./candidates";
import { bindDecisionKeys, decisionKeys, takingKey } from "./commands";

const candidate = (name: string, source: Candidate["source"] = "annotator"): Candidate => ({
  ...{ name, source, label: {}, rules: [], note: null, score: null },
});
const keyOf = (key: string) => ({ key, title: key, apply: () => key });
const ALL = [
  candidate("Decided", "decided"),
  candidate("A"),
  candidate("B"),
  candidate("m", "model"),
];

describe("the keys of a decision", () => {
  it("take an answer over by its letter, and for one field with Shift", () => {
    const bindings = bindDecisionKeys(
      decisionKeys(ALL, [], () => true),
      [],
    );

    expect(bindings.get("b")).toMatchObject({ kind: "take", onlyActiveField: false });
    expect(bindings.get("B")).toMatchObject({ kind: "take", onlyActiveField: true });
    expect(bindings.get("p")).toMatchObject({ candidate: { source: "model" } });
    expect(takingKey(candidate("Decided", "decided"), [])).toBeNull();
  });

  it("leave a letter to the field that claims it, and move to Shift", () => {
    const claimed = [keyOf("a"), keyOf("s")];
    const bindings = bindDecisionKeys(
      decisionKeys(ALL, claimed, () => true),
      claimed,
    );

    expect(bindings.get("a")).toMatchObject({ kind: "field" });
    expect(bindings.get("A")).toMatchObject({ kind: "take", onlyActiveField: false });
    expect(bindings.get("S")).toEqual({ kind: "command", command: "skip" });
  });

  it("never give Enter away, and have no key for more answers than six or for absent commands", () => {
    const claimed = [keyOf("Enter")];
    const entries = decisionKeys([candidate("G")], claimed, (command) => command !== "waiting");

    expect(bindDecisionKeys(entries, claimed).get("Enter")).toMatchObject({ command: "submit" });
    expect(entries.some(({ key }) => key === "g" && !/rule/.test(key))).toBe(true);
    expect(entries.map(({ key }) => key)).not.toContain("w");
    expect(takingKey(candidate("G"), [])).toBeNull();
  });
});
