/** What a screen of the second look is made of: adjudicating and reviewing differ in these parts. */

import type { ComponentType } from "react";
import type { Services } from "../api/services";
import type { Spec } from "../tasks/spec";
import type { StageWork } from "../tasks/stage";
import type { Task } from "../tasks/task";
import type { Work } from "../tasks/work";
import type { Label } from "../widgets/widget";

export interface DecisionRoom {
  /** As in the list of rooms. */
  readonly name: string;
  readonly work: StageWork;
  /** The heading of the screen, which screen readers say. */
  readonly heading: string;
  /** The name of the field that holds the rules cited, if the stage asks for them. */
  readonly rulesField?: string;
  /** Return why a task is here, in words. */
  readonly reasonInWords: (reason: string) => string;
  /** Return the answers once a label is taken over into them. */
  readonly afterTaking: (task: Task, answers: Label) => Label;
  /** Return a decision in words, without its label. */
  readonly decisionInWords: (answers: Label) => string;
  /** Shown below the answers. */
  readonly Precedents?: ComponentType<{
    readonly services: Services;
    readonly taskId: string;
    readonly spec: Spec;
  }>;
  /** How much waits, for the top bar. */
  readonly Count?: ComponentType<WaitingProps>;
  /** What to know, and do, when there is nothing to decide. */
  readonly Empty: ComponentType<WaitingProps>;
  /** What waits, one by one. */
  readonly Waiting?: ComponentType<WaitingProps & { readonly onClose: () => void }>;
}

export interface WaitingProps {
  readonly services: Services;
  readonly project: string | undefined;
  readonly work: Work;
}
