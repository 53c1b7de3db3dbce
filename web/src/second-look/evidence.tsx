import { lazy, type ReactNode, type Ref, Suspense, useMemo } from "react";
import { ItemPane } from "../tasks/item-pane";
import type { Spec } from "../tasks/spec";
import { labelOf } from "../tasks/stage";
import type { Task } from "../tasks/task";
import type { FieldKey } from "../widgets/widget";
import { AnswersTable } from "./answers-table";
import styles from "./evidence.module.css";
import type { Given } from "./given";
import { SkipList } from "./skip-list";

const Overlays = lazy(() => import("./overlays"));

interface Props {
  readonly ref: Ref<HTMLElement>;
  readonly task: Task;
  readonly spec: Spec;
  readonly given: readonly Given[];
  readonly keys: readonly FieldKey[];
  /** Why the task is here, in words. */
  readonly reason: string;
  readonly onTake: (given: Given, field?: string) => void;
  /** What the stage shows besides. */
  readonly children?: ReactNode;
}

/** What a decision rests on: the reason, the item with everyone's marks, all answers, the skips. */
export function Evidence({ ref, task, spec, given, keys, reason, onTake, children }: Props) {
  const skips = task.lease.context?.skips ?? [];
  const shownByWidgets = useMemo(() => {
    const parts = spec.labelFields.flatMap(
      (field) => spec.widgets.get(field.kind)?.shows?.(field, task.payload) ?? [],
    );
    return new Set(parts);
  }, [spec, task.payload]);
  const marking = spec.labelFields.filter(({ kind }) => kind === "spans" || kind === "boxes");

  return (
    <div className={styles.evidence}>
      <p className={styles.reason}>{reason}</p>
      <ItemPane ref={ref} payload={task.payload} shownByWidgets={shownByWidgets} />
      {marking.length > 0 && given.length > 0 ? (
        <Suspense fallback={null}>
          <Overlays fields={marking} payload={task.payload} given={given} />
        </Suspense>
      ) : null}
      {given.length > 0 ? (
        <AnswersTable
          given={given}
          fields={spec.labelFields}
          widgets={spec.widgets}
          label={labelOf(task.draft.label)}
          keys={keys}
          onTake={onTake}
        />
      ) : null}
      {isHidden(task, spec) ? (
        <p className={styles.hidden}>
          This project hides the annotators’ answers until you have decided. After that, “My
          decisions” shows them.
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
