/** The workbench of the preview: it takes answers as the annotators' does, and sends none. */

import type { Spec } from "../tasks/spec";
import { Store } from "../tasks/store";
import { type Draft, EMPTY_DRAFT, type Lease, labelToSend, type Task } from "../tasks/task";
import { idOf, NO_WORK, setDraft, setProblems, type Work } from "../tasks/work";
import type { Bench } from "../tasks/workbench";
import type { Payload } from "../widgets/widget";

const LEASE_ID = "00000000-0000-0000-0000-000000000000";

export class PreviewBench implements Bench {
  readonly store: Store<Work>;

  constructor(
    readonly spec: Spec,
    payload: Payload,
    draft: Draft,
  ) {
    const task: Task = { lease: fakeLease(spec, payload), payload, draft, problems: [] };
    this.store = new Store<Work>({ ...NO_WORK, tasks: [task], phase: "working" });
  }

  specOf(_task: Task): Spec {
    return this.spec;
  }

  edit(task: Task, draft: Draft): void {
    this.store.change((work) => setDraft({ ...work, notice: null }, idOf(task), draft));
  }

  submit(task: Task, _activeMs: number): boolean {
    const problems = this.spec.check.check(labelToSend(this.spec.fields, task.draft.label));
    if (problems.length) {
      this.store.change((work) => setProblems(work, idOf(task), problems));
      return false;
    }
    this.#tell("This answer is valid: an annotator's would be sent now, and the next item shown.");
    this.store.change((work) => setDraft(work, idOf(task), EMPTY_DRAFT));
    return true;
  }

  skip(_task: Task): void {
    this.#tell("An annotator's skip would go to you with its reason, and the next item be shown.");
  }

  async undo(): Promise<void> {
    this.#tell("In the preview nothing is sent, so there is nothing to undo.");
  }

  revise(): void {}

  keepStored(): void {}

  dismiss(): void {
    this.store.change((work) => ({ ...work, notice: null }));
  }

  #tell(text: string): void {
    this.store.change((work) => ({ ...work, notice: { tone: "info", text } }));
  }
}

function fakeLease(spec: Spec, payload: Payload): Lease {
  return {
    lease_id: LEASE_ID,
    task_id: LEASE_ID,
    stage: "annotate",
    project: spec.project,
    spec_version: spec.version,
    task_type: spec.project,
    payload: payload as Lease["payload"],
    expires_at: new Date().toISOString(),
  };
}
