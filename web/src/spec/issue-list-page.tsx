import { useQuery } from "@tanstack/react-query";
import type { Services } from "../api/services";
import styles from "./editor.module.css";
import { byCount, causeWords, interval, SKIPS, STATES } from "./issue-words";
import own from "./issues.module.css";
import { listIssues, type SpecIssue, type SpecIssues } from "./issues-api";
import { issueAddress } from "./place";
import { ScrollBox } from "./scroll-box";
import { Trouble } from "./trouble";

interface Props {
  readonly services: Services;
  readonly project: string;
}

/** The spec issues of a project, and what was measured of every field. */
export function IssueListPage({ services, project }: Props) {
  const found = useQuery({
    queryKey: ["spec-issues", project],
    queryFn: () => listIssues(services, project),
    refetchInterval: 15_000,
  });
  return (
    <main className={styles.body}>
      <div className={styles.content}>
        <h1 className={own.heading}>Issues with the specification</h1>
        <Trouble what="The issues" error={found.error} onRetry={found.refetch} />
        {found.data ? (
          <>
            <Issues issues={found.data.issues} project={project} />
            <Findings findings={found.data.findings} />
            <Skips skips={found.data.skips ?? []} />
          </>
        ) : null}
      </div>
    </main>
  );
}

function Issues({
  issues,
  project,
}: {
  readonly issues: readonly SpecIssue[];
  readonly project: string;
}) {
  if (issues.length === 0) {
    return (
      <p className="muted">
        No issue has been opened. One opens by itself when agreement on a field, with the whole of
        its interval, is below the floor of the policy. Below is what has been measured so far.
      </p>
    );
  }
  return (
    <ul className={own.issues}>
      {issues.map((issue) => (
        <li key={issue.issue_id}>
          <a href={issueAddress(project, issue.issue_id)} className={own.issue}>
            <span className={own.issueHead}>
              <strong>“{issue.field}”</strong> under version {issue.spec_version}
              <span className={own.state} data-state={issue.state}>
                {STATES[issue.state]}
              </span>
            </span>
            <span>{issue.why}</span>
            <span className="muted">
              {issue.items} {issue.items === 1 ? "item" : "items"} of evidence
              {byCount(issue.causes)
                .slice(0, 2)
                .map(([cause, count]) => ` · ${causeWords(cause)} (${count})`)}
              {issue.resolved_by ? ` · resolved by version ${issue.resolved_by}` : ""}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Findings({ findings }: { readonly findings: SpecIssues["findings"] }) {
  if (findings.length === 0) {
    return (
      <p className="muted">
        No agreement has been measured yet: it needs items that several people answered.
      </p>
    );
  }
  return (
    <section className={own.section} aria-label="Agreement">
      <h2 className={own.title}>Agreement as measured</h2>
      <ScrollBox label="Agreement by field and version">
        <table className={own.table}>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Field</th>
              <th scope="col">Agreement</th>
              <th scope="col">Items</th>
              <th scope="col">Finding</th>
            </tr>
          </thead>
          <tbody>
            {findings.map((one) => (
              <tr key={`${one.spec_version} ${one.field}`}>
                <td>{one.spec_version}</td>
                <th scope="row">{one.field}</th>
                <td>{interval(one.measured)}</td>
                <td>{one.measured.n_items}</td>
                <td>{one.why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  );
}

function Skips({ skips }: { readonly skips: NonNullable<SpecIssues["skips"]> }) {
  if (skips.length === 0) {
    return null;
  }
  return (
    <section className={own.section} aria-label="Skips">
      <h2 className={own.title}>Skips</h2>
      <ul className={own.lines}>
        {skips.map((one) => (
          <li key={`${one.spec_version} ${one.reason}`}>
            {SKIPS[one.reason] ?? one.reason}: {one.skips} of {one.items}{" "}
            {one.items === 1 ? "item" : "items"}, version {one.spec_version}
          </li>
        ))}
      </ul>
    </section>
  );
}
