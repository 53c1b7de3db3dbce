import { useQuery } from "@tanstack/react-query";
import { answerOf } from "../api/problem";
import type { Services } from "../api/services";
import type { components } from "../api/types/consensus";
import styles from "../second-look/evidence.module.css";
import type { Work } from "../tasks/work";
import { Dialog } from "../ui/dialog";

type Conflict = components["schemas"]["ConflictView"];

export interface Conflicts {
  readonly list: readonly Conflict[];
  /** True if there are more than the list has. */
  readonly hasMore: boolean;
}

const REFRESH_MS = 15_000;

/**
 * Return the open conflicts of a project, oldest first, without those that the person decided just
 * now, which the service may not know yet; undefined until they are known.
 */
export function useConflicts(
  services: Services,
  project: string | undefined,
  work: Work,
): Conflicts | undefined {
  const found = useQuery({
    queryKey: ["conflicts", project],
    queryFn: async () => {
      const params = { path: { project: project ?? "" } };
      const call = services.consensus.GET("/v1/projects/{project}/conflicts", { params });
      const { conflicts, next } = await answerOf(call);
      return { list: conflicts, hasMore: next !== null && next !== undefined };
    },
    enabled: project !== undefined,
    refetchInterval: REFRESH_MS,
  });
  if (!found.data) {
    return undefined;
  }
  const decided = work.sent.filter((one) => !one.skipped).map(({ task }) => task.lease.task_id);
  const list = found.data.list.filter(({ task_id }) => !decided.includes(task_id));
  return { ...found.data, list };
}

/** Return how many conflicts wait, in words. */
export function countInWords({ list, hasMore }: Conflicts): string {
  const count = hasMore ? `${list.length} or more` : String(list.length);
  return list.length === 1 ? "1 conflict waits" : `${count} conflicts wait`;
}

/** Return the conflicts grouped by the fields that are in dispute, in the order of the oldest. */
function byFields(list: readonly Conflict[]): [string, readonly Conflict[]][] {
  const groups = new Map<string, Conflict[]>();
  for (const conflict of list) {
    const fields = conflict.fields.join(", ");
    groups.set(fields, [...(groups.get(fields) ?? []), conflict]);
  }
  return [...groups];
}

interface Props {
  readonly conflicts: Conflicts;
  /** The tasks that the person has in hand. */
  readonly inHand: readonly string[];
  readonly onClose: () => void;
}

/** All open conflicts, grouped by the fields that are in dispute. */
export function ConflictsDialog({ conflicts, inHand, onClose }: Props) {
  return (
    <Dialog title={countInWords(conflicts)} onClose={onClose}>
      {conflicts.list.length === 0 ? <p className="muted">Every label is decided.</p> : null}
      {byFields(conflicts.list).map(([fields, group]) => (
        <section key={fields} className={styles.section} aria-label={fields}>
          <h3 className={styles.title}>
            {fields} · {group.length}
          </h3>
          <ol className={styles.list}>
            {group.map(({ task_id, reason, raised_at }) => (
              <li key={task_id} className={styles.entry}>
                <span>{reason}</span>
                <span className={styles.small}>
                  since{" "}
                  {new Date(raised_at).toLocaleString([], {
                    dateStyle: "medium",
                    timeStyle: "short",
                  })}
                  {inHand.includes(task_id) ? " · in your hands" : ""}
                </span>
              </li>
            ))}
          </ol>
        </section>
      ))}
    </Dialog>
  );
}
