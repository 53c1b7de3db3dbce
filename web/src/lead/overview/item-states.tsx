import type { components } from "../../api/types/dataset_store";
import { Empty } from "../parts/card";
import { count, percent } from "../parts/figures";
import { addressOfView } from "../views";
import styles from "./item-states.module.css";

type Summary = components["schemas"]["LabelsSummary"];

interface Props {
  readonly project: string;
  /** The items that were imported; the ledger hears of them a moment later. */
  readonly items: number;
  readonly summary: Summary | null;
}

interface State {
  readonly name: string;
  readonly title: string;
  readonly count: number;
}

/** The items of a project by state, as one bar and in numbers. */
export function ItemStates({ project, items, summary }: Props) {
  if (items === 0) {
    return (
      <Empty>
        <p>There are no items yet.</p>
        <a className="button primary" href={addressOfView(project, "setup")}>
          Import a file
        </a>
      </Empty>
    );
  }
  const states = statesOf(items, summary);
  const label = states.map((state) => `${state.title}: ${count(state.count)}`).join(", ");
  return (
    <div className={styles.states}>
      <div role="img" aria-label={label} className={styles.bar}>
        {states
          .filter((state) => state.count > 0)
          .map((state) => (
            <span
              key={state.name}
              data-state={state.name}
              className={styles.part}
              style={{ "--share": state.count / items }}
            />
          ))}
      </div>
      <dl className={styles.list}>
        {states.map((state) => (
          <div key={state.name} className={styles.state} data-state={state.name}>
            <dt className={styles.name}>{state.title}</dt>
            <dd className={styles.count}>
              {count(state.count)}{" "}
              <span className={styles.share}>{percent(state.count / items)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function statesOf(items: number, summary: Summary | null): readonly State[] {
  const decided = Object.values(summary?.decided ?? {}).reduce((sum, number) => sum + number, 0);
  const review = (summary?.review_pending ?? 0) + (summary?.unreleased ?? 0);
  const contested = summary?.contested ?? 0;
  return [
    { name: "decided", title: "Labeled", count: decided },
    { name: "review", title: "In review", count: review },
    { name: "contested", title: "In conflict", count: contested },
    {
      name: "pending",
      title: "To be labeled",
      count: Math.max(items - decided - review - contested, 0),
    },
  ];
}
