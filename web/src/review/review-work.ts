/** Reviewing: a verdict is asked, and the label only if it is to be corrected. */

import type { FieldProblem } from "../api/problem";
import { isSameLabel } from "../second-look/candidates";
import { labelOf, type StageWork } from "../tasks/stage";
import type { ReviewContent } from "../tasks/storage";
import type { Task } from "../tasks/task";
import type { FieldDefinition, Label } from "../widgets/widget";

export type Verdict = ReviewContent["verdict"];

export const VERDICTS: Readonly<Record<Verdict, string>> = {
  accept: "Right: confirm it",
  fix: "Wrong: correct it",
  reject: "Undecidable like this: have it adjudicated",
};

export const VERDICT = "$verdict";
export const COMMENT = "$comment";

const COMMENT_MAX = 10_000;

const VERDICT_FIELD: FieldDefinition = {
  name: VERDICT,
  title: "Is the decided label right?",
  kind: "choice",
  options: Object.entries(VERDICTS).map(([value, title]) => ({ value, title })),
};
const COMMENT_FIELD: FieldDefinition = {
  name: COMMENT,
  title: "Reason",
  kind: "text",
  help: "It goes with the label, and to whoever looks at it next.",
  max_length: COMMENT_MAX,
  required_if: { field: VERDICT, in: ["fix", "reject"] },
};

export const REVIEW: StageWork = {
  stage: "review",
  tasksMax: 2,
  fields: (labelFields) => [
    VERDICT_FIELD,
    ...labelFields.map((field): FieldDefinition => {
      const ifFixed = { field: VERDICT, in: ["fix"] };
      return { ...field, required_if: field.required_if ?? ifFixed };
    }),
    COMMENT_FIELD,
  ],
  begin: ({ context }) => ({ ...context?.label }),
  problems: (spec, task, answers) => {
    const isFix = answers[VERDICT] === "fix";
    const label = labelOf(answers);
    const wrong = isFix ? spec.check.check(label) : [];
    return [...(wrong.length ? wrong : verdictProblems(task, answers)), ...reasonMissing(answers)];
  },
  submission: (_, answers) => {
    const verdict = answers[VERDICT] as Verdict;
    const label = verdict === "fix" ? labelOf(answers) : null;
    const comment = verdict === "accept" ? null : String(answers[COMMENT]);
    return { kind: "review", content: { verdict, label, comment } };
  },
};

function verdictProblems({ lease }: Task, answers: Label): FieldProblem[] {
  const verdict = answers[VERDICT];
  const decided = lease.context?.label ?? {};
  const pointer = `/${VERDICT}`;
  if (verdict === undefined) {
    const message = "Please say whether the label is right.";
    return [{ pointer, keyword: "required", message }];
  }
  if (verdict === "fix" && isSameLabel(labelOf(answers), decided)) {
    const message = "This is still the decided label: change an answer, or confirm it.";
    return [{ pointer, keyword: "verdict", message }];
  }
  return [];
}

function reasonMissing(answers: Label): FieldProblem[] {
  const isAsked = answers[VERDICT] === "fix" || answers[VERDICT] === "reject";
  return isAsked && !String(answers[COMMENT] ?? "").trim()
    ? [{ pointer: `/${COMMENT}`, keyword: "required", message: "Please give the reason." }]
    : [];
}

/** Return the answers once a label is taken over: a correction, or the confirmation it amounts to. */
export function withLabel({ lease }: Task, answers: Label): Label {
  const isDecided = isSameLabel(labelOf(answers), lease.context?.label ?? {});
  return { ...answers, [VERDICT]: isDecided ? "accept" : "fix" };
}

const REASONS: Readonly<Record<string, string>> = {
  sample: "It was drawn at random from the decided labels, to see how many are right.",
  suspension: "It rests on answers of somebody whose work was suspended afterwards.",
  self_correction: "An annotator corrected an own answer after the label was decided.",
};

/** Return why a label is reviewed, in words. */
export function reasonInWords(reason: string): string {
  return REASONS[reason] ?? reason;
}
