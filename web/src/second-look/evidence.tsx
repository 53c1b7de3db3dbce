import { lazy, type ReactNode, type Ref, Suspense } from "react";
import { ItemPane } from "../tasks/item-pane";
import type { Spec } from "../tasks/spec";
import { labelOf } from "../tasks/stage";
import type { Task } from "../tasks/task";
import type { FieldKey } from "../widgets/widget";
import { AnswersTable } from "./answers-table";
import type { Candidate } from "./candidates";
import styles from "./evidence.module.css";
import { SkipList } from "./skip-list";

const Overlays = lazy(() => import("./overlays"));

interface Props {
  readonly ref: Ref<HTMLDivElement>;
  readonly task: Task;
  readonly spec: Spec;
  readonly candidates: readonly Candidate[];
  readonly keys: readonly FieldKey[];
  /** Why the task is here, in words. */
  readonly reason: string;
  readonly onTake: (candidate: Candidate, field?: string) => void;
  /** What the stage shows besides. */
  readonly children?: ReactNode;
}

/** What a decision rests on: the reason, the item with everyone's marks, all answers, the skips. */
export function Evidence({ ref, task, spec, candidates, keys, reason, onTake, children }: Props) {
  const skips = task.lease.context?.skips ?? [];
  const marking = candidates.length
    ? spec.labelFields.filter(({ kind }) => kind === "spans" || kind === "boxes")
    : [];
  const marked = marking.flatMap(
    (field) => spec.widgets.get(field.kind)?.shows?.(field, task.payload) ?? [],
  );
  const hasMore = Object.keys(task.payload).some((key) => !marked.includes(key));

  return (
    <div ref={ref} className={styles.evidence}>
      <p className={styles.reason}>{reason}</p>
      {hasMore ? <ItemPane payload={task.payload} shownByWidgets={new Set(marked)} /> : null}
      {marking.length > 0 ? (
        <Suspense fallback={null}>
          <Overlays fields={marking} payload={task.payload} candidates={candidates} />
        </Suspense>
      ) : null}
      {candidates.length > 0 ? (
        <AnswersTable
          candidates={candidates}
          fields={spec.labelFields}
          widgets={spec.widgets}
          label={labelOf(task.draft.label)}
          keys={keys}
          onTake={onTake}
        />
      ) : null}
      {isHidden(task, spec) ? (
        <p className={styles.hidden}>
          This project hides the annotators’ answers until you have decided. After that, “Decided”
          shows them.
        </p>
      ) : null}
      <SkipList skips={skips} spec={spec} />
      {children}
    </div>
  );
}

/** Return true if the policy hides the answers of others from the person who decides. */
export function isHidden({ lease }: Task, { policy }: Spec): boolean {
  return lease.stage === "review"
    ? policy.review?.votes !== "shown"
    : policy.adjudication?.votes === "hidden";
}
