import { useState } from "react";
import type { components } from "../../api/types/quality";
import { type Column, SortableTable } from "../../ui/sortable-table";
import { Card, Empty } from "../parts/card";
import { count, percent, time } from "../parts/figures";
import { Interval } from "../parts/interval";
import { Loaded } from "../parts/loaded";
import { Pill, type Tone } from "../parts/pill";
import { useNames } from "../people/use-names";
import type { ViewProps } from "../project-screen";
import { useAnnotators } from "../queries";
import { addressOfView } from "../views";
import styles from "./annotators.module.css";
import { StandingDialog } from "./standing-dialog";

type Annotator = components["schemas"]["ProjectAnnotator"];

export const STANDING_TONES: Readonly<Record<Annotator["standing"], Tone>> = {
  new: "plain",
  good: "good",
  flagged: "warning",
  suspended: "danger",
};

/** The annotators of a project: how much, how accurate, in which standing and why. */
export default function Annotators({ services, project }: ViewProps) {
  const annotators = useAnnotators(services, project);
  const nameOf = useNames(services, project);
  const [chosen, setChosen] = useState<Annotator | null>(null);
  return (
    <Card title="Annotators">
      <Loaded query={annotators} what="the annotators">
        {(rows) =>
          rows.length > 0 ? (
            <SortableTable
              caption="Annotators"
              columns={columnsOf(nameOf, setChosen)}
              rows={rows}
              keyOf={(row) => row.annotator}
            />
          ) : (
            <Empty>
              <p>Nobody has labeled anything yet.</p>
              <a className="button" href={addressOfView(project, "people")}>
                Invite people
              </a>
            </Empty>
          )
        }
      </Loaded>
      <p className="muted">
        Accuracy is measured on gold items, which are given unmarked among the work. Without gold
        there is none: import some items with their right labels.
      </p>
      {chosen ? (
        <StandingDialog
          services={services}
          project={project}
          annotator={chosen.annotator}
          standing={chosen.standing}
          name={nameOf(chosen.annotator)}
          onClose={() => setChosen(null)}
        />
      ) : null}
    </Card>
  );
}

function columnsOf(
  nameOf: (annotator: string) => string,
  onChoose: (annotator: Annotator) => void,
): readonly Column<Annotator>[] {
  const number = (key: keyof Annotator, title: string): Column<Annotator> => ({
    key,
    title,
    value: (row) => Number(row[key]),
    cell: (row) => count(Number(row[key])),
    isNumber: true,
  });
  return [
    { key: "name", title: "Name", value: (row) => nameOf(row.annotator) },
    number("annotations", "Annotated"),
    {
      key: "accuracy",
      title: "Accuracy",
      value: (row) => row.accuracy.value,
      cell: (row) => <Interval {...row.accuracy} format={percent} reason="no gold answered yet" />,
    },
    number("honeypots", "Gold"),
    number("skips", "Skips"),
    number("leases_expired", "Unfinished"),
    {
      key: "standing",
      title: "Standing",
      value: (row) => row.standing,
      cell: (row) => <Standing annotator={row} />,
    },
    {
      key: "change",
      title: "Action",
      cell: (row) => (
        <button type="button" className="button" onClick={() => onChoose(row)}>
          Change<span className="visually-hidden"> the standing of {nameOf(row.annotator)}</span>
        </button>
      ),
    },
  ];
}

/** The standing with its evidence: the reason, and the last right answer to gold. */
function Standing({ annotator }: { readonly annotator: Annotator }) {
  const { standing, reason } = annotator;
  return (
    <span className={styles.evidence}>
      <Pill tone={STANDING_TONES[standing]}>{standing}</Pill> {reason}
      {annotator.last_good_at ? (
        <span className="muted"> Last right on gold: {time(annotator.last_good_at)}.</span>
      ) : null}
    </span>
  );
}
