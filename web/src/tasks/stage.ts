/** What differs between the stages of work: what is asked of a person, and what is sent. */

import type { FieldProblem } from "../api/problem";
import type { FieldDefinition, Label } from "../widgets/widget";
import type { Rule, Spec } from "./spec";
import type { Submission } from "./storage";
import type { Lease, Task } from "./task";

export interface StageWork {
  readonly stage: Lease["stage"];
  /** How many tasks are in hand, the one on the screen among them. */
  readonly tasksMax: number;
  /** Return the fields that are asked, from those of the label. */
  readonly fields: (
    labelFields: readonly FieldDefinition[],
    rules: readonly Rule[],
  ) => readonly FieldDefinition[];
  /** Return the answers with which a task begins. */
  readonly begin: (lease: Lease) => Label;
  /** Return what is wrong with the answers; empty if they can be sent. */
  readonly problems: (spec: Spec, task: Task, answers: Label) => readonly FieldProblem[];
  /** Return what is sent for answers in which nothing is wrong. */
  readonly submission: (task: Task, answers: Label, activeMs: number) => Submission["body"];
}

/** Fields that are no part of the label have names that no field of a spec can have. */
const OWN = "$";

/** Return true if a field is the stage's own: a rationale, a cause, a verdict. */
export function isOwn(name: string): boolean {
  return name.startsWith(OWN);
}

/** Return the answers to the fields of the label. */
export function labelOf(answers: Label): Record<string, unknown> {
  return Object.fromEntries(Object.entries(answers).filter(([name]) => !isOwn(name)));
}

const LABEL = /^\/labels?(\/\d)?(?=\/|$)/;

/** Return where on the screen is what the server says of a part of what was sent. */
export function pointerOnScreen(pointer: string): string {
  return LABEL.test(pointer)
    ? pointer.replace(LABEL, "") || `/${OWN}verdict`
    : pointer.replace(/^\//, `/${OWN}`);
}
