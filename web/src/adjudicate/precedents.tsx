import { useQuery } from "@tanstack/react-query";
import { answerOf } from "../api/problem";
import type { Services } from "../api/services";
import type { components } from "../api/types/consensus";
import styles from "../second-look/evidence.module.css";
import { labelInWords } from "../second-look/label-in-words";
import type { Spec } from "../tasks/spec";
import { CAUSES } from "./adjudication";

interface Props {
  readonly services: Services;
  readonly taskId: string;
  readonly spec: Spec;
}

/** The decision before this one may be similar, and arrives a moment after it was sent. */
const REFRESH_MS = 5000;

/** Earlier adjudications of similar conflicts; nothing if there are none. */
export function Precedents({ services, taskId, spec }: Props) {
  const found = useQuery({
    queryKey: ["precedents", taskId],
    queryFn: async () => {
      const params = { path: { task_id: taskId } };
      const call = services.consensus.GET("/v1/tasks/{task_id}/precedents", { params });
      return (await answerOf(call)).precedents;
    },
    refetchInterval: REFRESH_MS,
  });
  if (found.isError) {
    return <p className="muted">Similar earlier decisions could not be loaded.</p>;
  }
  if (!found.data?.length) {
    return null;
  }
  return (
    <section className={styles.section} aria-label="Similar earlier decisions">
      <h2 className={styles.title}>Similar earlier decisions</h2>
      <ol className={styles.list}>
        {found.data.map((precedent) => (
          <Entry key={precedent.task_id} precedent={precedent} spec={spec} />
        ))}
      </ol>
    </section>
  );
}

interface EntryProps {
  readonly precedent: components["schemas"]["Precedent"];
  readonly spec: Spec;
}

function Entry({ precedent, spec }: EntryProps) {
  const { fields, label, rationale, cause, rules, spec_version, decided_at } = precedent;
  const details = [
    CAUSES[cause],
    ...(rules.length ? [`cites ${rules.join(", ")}`] : []),
    ...(spec_version === spec.version ? [] : [`version ${spec_version}`]),
    new Date(decided_at).toLocaleDateString([], { dateStyle: "medium" }),
  ];
  return (
    <li className={styles.entry}>
      <strong>{labelInWords(spec, label, fields)}</strong>
      <span>{rationale}</span>
      <span className={styles.small}>{details.join(" · ")}</span>
    </li>
  );
}
