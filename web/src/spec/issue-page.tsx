import { useQuery } from "@tanstack/react-query";
import type { Services } from "../api/services";
import { titleOf as titleOfOption } from "../widgets/options";
import { ConfusionTable } from "./confusion-table";
import type { SpecDocument } from "./document";
import styles from "./editor.module.css";
import { optionsOf, optionValue } from "./edits";
import { EvidenceItems } from "./evidence-items";
import { GoldMissed } from "./gold-missed";
import { IntervalChart } from "./interval-chart";
import { answerWords, byCount, SKIPS, STATES } from "./issue-words";
import own from "./issues.module.css";
import { loadIssue, type SpecIssueDetail } from "./issues-api";
import { issuesAddress, reviseAddress } from "./place";
import { Rationales } from "./rationales";
import { ruleInQuestion } from "./rule-in-question";
import { loadVersion } from "./spec-api";
import { Trouble } from "./trouble";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly issueId: string;
}

/** One spec issue: what was measured, the evidence, and the way to revise what is at fault. */
export function IssuePage({ services, project, issueId }: Props) {
  const issue = useQuery({
    queryKey: ["spec-issue", issueId],
    queryFn: () => loadIssue(services, issueId),
    refetchInterval: 15_000,
  });
  const version = issue.data?.spec_version;
  const spec = useQuery({
    queryKey: ["spec", project, version],
    queryFn: () => loadVersion(services, project, version ?? 0),
    enabled: version !== undefined,
  });
  return (
    <main className={styles.body}>
      <div className={styles.content}>
        <a href={issuesAddress(project)}>All issues</a>
        <Trouble what="The issue" error={issue.error} onRetry={issue.refetch} />
        <Trouble what="The specification" error={spec.error} onRetry={spec.refetch} />
        {issue.data && spec.data ? (
          <Issue services={services} issue={issue.data} document={spec.data.document} />
        ) : null}
      </div>
    </main>
  );
}

interface IssueProps {
  readonly services: Services;
  readonly issue: SpecIssueDetail;
  /** The version that the issue is about. */
  readonly document: SpecDocument;
}

function Issue({ services, issue, document }: IssueProps) {
  const { evidence } = issue;
  const field = document.fields.find((one) => one.name === issue.field);
  const options = field ? optionsOf(field) : [];
  const titleOf = (answer: unknown) =>
    typeof answer === "string" ? titleOfOption(options, answer) : answerWords(answer);
  const rule = ruleInQuestion(issue, document);
  return (
    <>
      <header className={own.head}>
        <div>
          <h1 className={own.heading}>
            People disagree on “{issue.field}”{" "}
            <span className={own.state} data-state={issue.state}>
              {STATES[issue.state]}
            </span>
          </h1>
          <p>{issue.why}</p>
          <p className="muted">
            Version {issue.spec_version}, opened {new Date(issue.opened_at).toLocaleString()}
          </p>
        </div>
        <a
          className="button primary"
          href={reviseAddress(issue.project, {
            issueId: issue.issue_id,
            ...(rule ? { rule } : { field: issue.field }),
          })}
        >
          {rule ? `Revise ${rule}` : `Revise “${issue.field}”`}
        </a>
      </header>
      <Agreement issue={issue} />
      <Confusions issue={issue} known={options.map(optionValue)} titleOf={titleOf} />
      <div className={own.columns}>
        <Rationales issue={issue} />
        <Skips skips={evidence.skips} />
      </div>
      <GoldMissed issue={issue} titleOf={titleOf} />
      <EvidenceItems services={services} issue={issue} titleOf={titleOf} />
    </>
  );
}

function Agreement({ issue }: { readonly issue: SpecIssueDetail }) {
  const before = {
    title: `Version ${issue.spec_version}`,
    measure: issue,
    about: "as the issue opened",
  };
  const after = issue.after && {
    title: `Version ${issue.resolved_by}`,
    measure: issue.after,
    about: `on ${issue.after.n_items} items of ${issue.after.n_annotators} people`,
  };
  return (
    <section className={own.section} aria-label="Agreement before and after">
      <h2 className={own.title}>{after ? "Agreement before and after" : "Agreement"}</h2>
      <IntervalChart rows={after ? [before, after] : [before]} floor={issue.floor} />
      {after ? (
        <p className="muted">
          The two figures are not of the same items, so their difference alone does not prove that
          the revision helped.
        </p>
      ) : null}
      {issue.resolved_by && !after ? (
        <p className="muted">
          Version {issue.resolved_by} resolves this issue. Agreement under it is not measured yet.
        </p>
      ) : null}
    </section>
  );
}

interface ConfusionsProps {
  readonly issue: SpecIssueDetail;
  readonly known: readonly string[];
  readonly titleOf: (answer: string) => string;
}

function Confusions({ issue, known, titleOf }: ConfusionsProps) {
  return (
    <section className={own.section} aria-label="Confused answers">
      <h2 className={own.title}>Which answers are confused</h2>
      {issue.evidence.confusions.length ? (
        <ConfusionTable
          field={issue.field}
          confusions={issue.evidence.confusions}
          known={known}
          titleOf={titleOf}
        />
      ) : (
        <p className="muted">No conflict has shown yet which answers are confused.</p>
      )}
    </section>
  );
}

function Skips({ skips }: { readonly skips: Readonly<Record<string, number>> }) {
  return (
    <section className={own.section} aria-label="Skips">
      <h2 className={own.title}>Why people skipped</h2>
      {Object.keys(skips).length === 0 ? <p className="muted">Nobody skipped a task.</p> : null}
      <ul className={own.lines}>
        {byCount(skips).map(([reason, count]) => (
          <li key={reason}>
            {SKIPS[reason] ?? reason}: <strong>{count}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}
