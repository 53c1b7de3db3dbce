import { byCount, causeWords } from "./issue-words";
import own from "./issues.module.css";
import type { SpecIssueDetail } from "./issues-api";
import { reviseAddress } from "./place";

const SHOWN_MAX = 20;

/** What adjudicators wrote and what they say the cause is, the most frequent first. */
export function Rationales({ issue }: { readonly issue: SpecIssueDetail }) {
  const { rationales } = issue.evidence;
  return (
    <section className={own.section} aria-label="Rationales">
      <h2 className={own.title}>What adjudicators say</h2>
      {rationales.length === 0 ? (
        <p className="muted">No conflict has been adjudicated yet.</p>
      ) : null}
      <ul className={own.lines}>
        {byCount(issue.causes).map(([cause, count]) => (
          <li key={cause}>
            {causeWords(cause)}: <strong>{count}</strong>
          </li>
        ))}
      </ul>
      <ul className={own.quotes}>
        {rationales.slice(0, SHOWN_MAX).map(({ rationale, count, rules }) => (
          <li key={rationale} className={own.quote}>
            <blockquote>{rationale}</blockquote>
            <span className="muted">
              {count === 1 ? "once" : `${count} times`}
              {rules.map((rule) => (
                <span key={rule}>
                  {" · "}
                  <a href={reviseAddress(issue.project, { issueId: issue.issue_id, rule })}>
                    {rule}
                  </a>
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
      {rationales.length > SHOWN_MAX ? (
        <p className="muted">and {rationales.length - SHOWN_MAX} rarer ones.</p>
      ) : null}
    </section>
  );
}
