import { describe, expect, it } from "vitest";
import { ADJUDICATION, CAUSE, RATIONALE, RULES } from "../adjudicate/adjudication";
import { COMMENT, REVIEW, reasonInWords, VERDICT, withLabel } from "../review/review-work";
import type { Spec } from "../tasks/spec";
import { pointerOnScreen } from "../tasks/stage";
import { askedFields, labelToSend, type Task } from "../tasks/task";
import type { FieldDefinition, Label } from "../widgets/widget";

const labelFields: FieldDefinition[] = [
  { name: "mood", kind: "choice", options: ["calm", "angry"] },
  { name: "why", kind: "text", required_if: { field: "mood", in: ["angry"] } },
];
const rules = [{ id: "R1", text: "**Judge** the words.\n\nMore." }];
const check = {
  check: (label: Label) =>
    "mood" in label ? [] : [{ pointer: "/mood", keyword: "required", message: "Please answer." }],
  fits: () => true,
};
const spec = { rules, check } as unknown as Spec;
const task = {
  lease: { context: { reason: "sample", label: { mood: "calm" } } },
} as unknown as Task;
const places = (problems: readonly { readonly pointer: string }[]) =>
  problems.map(({ pointer }) => pointer);

describe("an adjudication", () => {
  const complete = { mood: "calm", [CAUSE]: "slip", [RULES]: ["R1"], [RATIONALE]: "R1 says so." };

  it("asks for the label, a cause, a rule and a rationale, and says which is missing", () => {
    const all = ["/mood", `/${CAUSE}`, `/${RULES}`, `/${RATIONALE}`];

    expect(places(ADJUDICATION.problems(spec, task, { [RATIONALE]: "  " }))).toEqual(all);
    expect(ADJUDICATION.problems(spec, task, complete)).toEqual([]);
  });

  it("needs no rule where the guidelines do not settle it, or have none", () => {
    const { [RULES]: _, ...uncited } = complete;
    const gap = { ...uncited, [CAUSE]: "spec_gap" };

    expect(places(ADJUDICATION.problems(spec, task, uncited))).toEqual([`/${RULES}`]);
    expect(ADJUDICATION.problems(spec, task, gap)).toEqual([]);
    expect(ADJUDICATION.problems({ ...spec, rules: [] }, task, uncited)).toEqual([]);
    expect(ADJUDICATION.fields(labelFields, []).map(({ name }) => name)).not.toContain(RULES);
  });

  it("sends the label apart from what is said of it", () => {
    expect(ADJUDICATION.submission(task, complete, 0).content).toEqual({
      ...{ label: { mood: "calm" }, cause: "slip", rules: ["R1"], rationale: "R1 says so." },
    });
  });
});

describe("a review", () => {
  const fields = REVIEW.fields(labelFields, rules);
  const begun = REVIEW.begin(task.lease);

  it("asks for the label only if it is to be corrected, beginning with the decided one", () => {
    const asked = (answers: Label) => askedFields(fields, answers).map(({ name }) => name);

    expect(asked({ ...begun, [VERDICT]: "accept" })).toEqual([VERDICT]);
    expect(asked({ ...begun, [VERDICT]: "reject" })).toEqual([VERDICT, COMMENT]);
    expect(asked({ ...begun, [VERDICT]: "fix" })).toEqual([VERDICT, "mood", COMMENT]);
    expect(asked({ mood: "angry", [VERDICT]: "fix" })).toEqual([VERDICT, "mood", "why", COMMENT]);
  });

  it("takes no correction that changes nothing, and none without a reason", () => {
    const fix = { ...begun, [VERDICT]: "fix" };

    expect(places(REVIEW.problems(spec, task, {}))).toEqual([`/${VERDICT}`]);
    expect(places(REVIEW.problems(spec, task, fix))).toEqual([`/${VERDICT}`, `/${COMMENT}`]);
    expect(places(REVIEW.problems(spec, task, { [VERDICT]: "reject" }))).toEqual([`/${COMMENT}`]);
    expect(REVIEW.problems(spec, task, { ...fix, mood: "angry", [COMMENT]: "No." })).toEqual([]);
  });

  it("sends no label with a confirmation", () => {
    const sent = labelToSend(fields, { ...begun, [VERDICT]: "accept", [COMMENT]: "left over" });

    expect(REVIEW.submission(task, sent, 0).content).toEqual({
      ...{ verdict: "accept", label: null, comment: null },
    });
  });

  it("is a confirmation if the label that is taken over is the decided one", () => {
    expect(withLabel(task, { mood: "calm" })[VERDICT]).toBe("accept");
    expect(withLabel(task, { mood: "angry" })[VERDICT]).toBe("fix");
  });

  it("says why in words, and an unknown reason as it is", () => {
    expect(reasonInWords("sample")).toMatch(/random/);
    expect(reasonInWords("a lead asked")).toBe("a lead asked");
  });
});

it("finds the place on the screen of what the server says", () => {
  const sent = ["/label/mood", "/label", "/labels/1/mood", "/rationale", "/rules/0"];

  expect(sent.map(pointerOnScreen)).toEqual([
    ...["/mood", "/$verdict", "/mood", "/$rationale", "/$rules/0"],
  ]);
});
