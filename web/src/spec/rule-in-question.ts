/** Which rule an issue is about. */

import { rulesOf } from "../tasks/rules-of";
import type { SpecDocument } from "./document";
import type { SpecIssueDetail } from "./issues-api";

/** Return the rule that adjudicators and missed gold name most, else the only one of the field. */
export function ruleInQuestion(
  { evidence, field }: SpecIssueDetail,
  document: SpecDocument,
): string | undefined {
  const known = new Set(document.guidelines.map((rule) => rule.id));
  const counts = new Map<string, number>();
  const named = [
    ...evidence.rationales.map(({ rules, count }) => ({ rules, count })),
    ...evidence.gold_missed.map(({ rules, missed }) => ({ rules, count: missed })),
  ];
  for (const { rules, count } of named) {
    for (const rule of rules.filter((one) => known.has(one))) {
      counts.set(rule, (counts.get(rule) ?? 0) + count);
    }
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  if (most) {
    return most[0];
  }
  const definition = document.fields.find((one) => one.name === field);
  const governing = definition ? rulesOf(definition, document.guidelines) : [];
  return governing.length === 1 ? governing[0]?.id : undefined;
}
