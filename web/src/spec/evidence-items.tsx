import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Services } from "../api/services";
import { classify } from "../payload/payload";
import { PayloadView } from "../payload/payload-view";
import { causeWords, SKIPS, SOURCES } from "./issue-words";
import own from "./issues.module.css";
import { type EvidenceItem, type Lineage, loadLineage, type SpecIssueDetail } from "./issues-api";
import { loadItem } from "./items-api";
import { Trouble } from "./trouble";

interface Props {
  readonly services: Services;
  readonly issue: SpecIssueDetail;
  readonly titleOf: (answer: unknown) => string;
}

const PAGE = 10;

/** The items that are evidence, with what they say, who answered what, and what was decided. */
export function EvidenceItems({ services, issue, titleOf }: Props) {
  const [count, setCount] = useState(PAGE);
  const { items } = issue.evidence;
  return (
    <section className={own.section} aria-label="Evidence">
      <h2 className={own.title}>
        Evidence: {issue.items} {issue.items === 1 ? "item" : "items"}
      </h2>
      <ul className={own.items}>
        {items.slice(0, count).map((item) => (
          <Item
            key={item.item_id}
            services={services}
            issue={issue}
            item={item}
            titleOf={titleOf}
          />
        ))}
      </ul>
      {items.length > count ? (
        <div>
          <button type="button" className="button" onClick={() => setCount(count + PAGE)}>
            Show {Math.min(PAGE, items.length - count)} more
          </button>
        </div>
      ) : null}
    </section>
  );
}

function Item({ services, issue, item, titleOf }: Props & { readonly item: EvidenceItem }) {
  const { project } = issue;
  const lineage = useQuery({
    queryKey: ["lineage", item.item_id],
    queryFn: () => loadLineage(services, item.item_id),
  });
  const found = useQuery({
    queryKey: ["item", project, item.item_id],
    queryFn: () => loadItem(services, project, item.item_id),
  });
  const about = [
    ...item.sources.map((source) => SOURCES[source]),
    ...item.causes.map((cause) => causeWords(cause).toLowerCase()),
  ];
  return (
    <li className={own.item}>
      <div>
        <p className={own.itemHead}>
          <strong>{lineage.data?.external_id ?? item.item_id.slice(0, 8)}</strong>
          <span className="muted">{about.join(" · ")}</span>
        </p>
        <Trouble what="The item" error={found.error} onRetry={found.refetch} />
        <div className={own.payload}>
          {classify(found.data?.payload ?? {}).map(({ key, value }) => (
            <PayloadView key={key} name={key} value={value} />
          ))}
        </div>
      </div>
      <div className={own.votes}>
        <Trouble what="Its answers" error={lineage.error} onRetry={lineage.refetch} />
        {lineage.data ? <Answers lineage={lineage.data} issue={issue} titleOf={titleOf} /> : null}
      </div>
    </li>
  );
}

interface AnswersProps {
  readonly lineage: Lineage;
  readonly issue: SpecIssueDetail;
  readonly titleOf: (answer: unknown) => string;
}

/** Who answered what under the version of the issue: people by letters, since names are not known. */
function Answers({ lineage, issue, titleOf }: AnswersProps) {
  const tasks = lineage.tasks.filter((task) => task.spec_version === issue.spec_version);
  const annotations = tasks.flatMap((task) => task.annotations);
  const skips = tasks.flatMap((task) => task.skips);
  const decision = tasks.flatMap((task) => task.decisions).at(-1);
  return (
    <ul className={own.lines}>
      {annotations.map((one, index) => (
        <li key={one.annotation_id}>
          <span className="muted">{String.fromCharCode(65 + (index % 26))}</span>{" "}
          <strong>{titleOf(one.label[issue.field])}</strong>
          {one.rules?.length ? <span className="muted"> by {one.rules.join(", ")}</span> : null}
          {one.note ? <q> {one.note}</q> : null}
        </li>
      ))}
      {skips.map((one) => (
        <li key={`${one.annotator} ${one.reason}`} className="muted">
          Skipped: {(SKIPS[one.reason] ?? one.reason).toLowerCase()}
          {one.note ? `: “${one.note}”` : ""}
        </li>
      ))}
      {decision ? (
        <li>
          Decided: <strong>{titleOf(decision.label[issue.field])}</strong>
        </li>
      ) : null}
    </ul>
  );
}
