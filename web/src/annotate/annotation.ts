/** Annotating: the label's own fields are asked, and sent with the rules cited and a note. */

import type { StageWork } from "../tasks/stage";

export const ANNOTATION: StageWork = {
  stage: "annotate",
  tasksMax: 3,
  fields: (labelFields) => labelFields,
  begin: () => ({}),
  problems: (spec, _, answers) => spec.check.check(answers),
  submission: ({ draft: { rules, note }, changeUntil }, label, activeMs) => {
    const content = { label, rules: [...rules], note: note || null };
    return changeUntil === null
      ? { kind: "correction", content }
      : { kind: "annotation", content: { ...content, active_ms: activeMs } };
  },
};
