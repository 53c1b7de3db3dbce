import { byCount } from "./issue-words";
import own from "./issues.module.css";
import type { SpecIssueDetail } from "./issues-api";
import { ScrollBox } from "./scroll-box";

interface Props {
  readonly issue: SpecIssueDetail;
  readonly titleOf: (answer: unknown) => string;
}

/** The gold that people in good standing miss: it or the rule may be wrong, not they. */
export function GoldMissed({ issue, titleOf }: Props) {
  const { gold_missed } = issue.evidence;
  if (gold_missed.length === 0) {
    return null;
  }
  return (
    <section className={own.section} aria-label="Missed gold">
      <h2 className={own.title}>Gold that trusted people miss</h2>
      <ScrollBox label="Missed gold, item by item">
        <table className={own.table}>
          <thead>
            <tr>
              <th scope="col">Item</th>
              <th scope="col">Gold says</th>
              <th scope="col">People say</th>
              <th scope="col">Missed</th>
              <th scope="col">Rules</th>
            </tr>
          </thead>
          <tbody>
            {gold_missed.map((gold) => (
              <tr key={gold.item_id}>
                <th scope="row">
                  <code>{gold.item_id.slice(0, 8)}</code>
                </th>
                <td>{titleOf(gold.expected)}</td>
                <td>
                  {byCount(gold.given)
                    .map(([answer, count]) => `${titleOf(answer)} (${count})`)
                    .join(", ")}
                </td>
                <td>
                  {gold.missed} of {gold.answered}
                </td>
                <td>{gold.rules.join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  );
}
