/** Adjudicating: beside the label a cause, the rules that decide and a rationale are asked. */

import type { FieldProblem } from "../api/problem";
import type { Rule, Spec } from "../tasks/spec";
import { labelOf, type StageWork } from "../tasks/stage";
import type { AdjudicationContent } from "../tasks/storage";
import type { FieldDefinition, Label } from "../widgets/widget";

export type Cause = AdjudicationContent["cause"];

/** The causes that the queue knows, in words. */
export const CAUSES: Readonly<Record<Cause, string>> = {
  slip: "Somebody made a slip",
  spec_gap: "The guidelines do not settle it",
  ambiguous_data: "The item itself is ambiguous",
  perspective: "Both views are legitimate",
};

export const CAUSE = "$cause";
export const RULES = "$rules";
export const RATIONALE = "$rationale";

const RATIONALE_MAX = 10_000;
const RULE_TITLE_MAX = 44;

export const ADJUDICATION: StageWork = {
  stage: "adjudicate",
  tasksMax: 2,
  fields: (labelFields, rules) => [...labelFields, ...ownFields(rules)],
  begin: () => ({}),
  problems: (spec, _, answers) => [
    ...spec.check.check(labelOf(answers)),
    ...ownProblems(spec, answers),
  ],
  submission: (_, answers) => ({
    kind: "adjudication",
    content: {
      label: labelOf(answers),
      rationale: String(answers[RATIONALE]),
      cause: answers[CAUSE] as Cause,
      rules: rulesIn(answers),
    },
  }),
};

function ownFields(rules: readonly Rule[]): FieldDefinition[] {
  const cause: FieldDefinition = {
    name: CAUSE,
    title: "Why did they disagree?",
    kind: "choice",
    options: Object.entries(CAUSES).map(([value, title]) => ({ value, title })),
  };
  const cited: FieldDefinition = {
    name: RULES,
    title: "Which rule decides?",
    kind: "choices",
    help: "May be left out only if the guidelines do not settle it.",
    options: rules.map(({ id, text }) => ({ value: id, title: `${id} · ${firstWords(text)}` })),
  };
  const rationale: FieldDefinition = {
    name: RATIONALE,
    title: "Rationale",
    kind: "text",
    help: "What a colleague needs to decide the next such item alike.",
    max_length: RATIONALE_MAX,
  };
  return rules.length ? [cause, cited, rationale] : [cause, rationale];
}

/** Return the beginning of a rule without the signs of Markdown. */
function firstWords(text: string): string {
  const line = (text.split("\n")[0] ?? "").replace(/[*_`#>]/g, "").trim();
  const words = line.slice(0, RULE_TITLE_MAX).replace(/\s+\S*$/, "");
  return line.length > RULE_TITLE_MAX ? `${words} …` : line;
}

function ownProblems(spec: Spec, answers: Label): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const require = (name: string, message: string) =>
    problems.push({ pointer: `/${name}`, keyword: "required", message });
  if (answers[CAUSE] === undefined) {
    require(CAUSE, "Please say why they disagreed.");
  }
  const mustCite = spec.rules.length > 0 && answers[CAUSE] !== "spec_gap";
  if (mustCite && rulesIn(answers).length === 0) {
    require(RULES, "Please cite the rule that decides.");
  }
  if (!String(answers[RATIONALE] ?? "").trim()) {
    require(RATIONALE, "Please give the reason for your decision.");
  }
  return problems;
}

export function rulesIn(answers: Label): string[] {
  const rules = answers[RULES];
  return Array.isArray(rules) ? rules.map(String) : [];
}
