/** Annotating: the label's own fields are asked, and sent with the rules cited and a note. */

import type { StageWork } from "../tasks/stage";

export const ANNOTATION: StageWork = {
  stage: "annotate",
  tasksMax: 3,
  fields: (labelFields) => labelFields,
  begin: () => ({}),
  problems: (spec, _, answers) => spec.check.check(answers),
  submission: ({ draft: { rules, note } }, label, activeMs) => ({
    kind: "annotation",
    content: { label, rules: [...rules], note: note || null, active_ms: activeMs },
  }),
};
