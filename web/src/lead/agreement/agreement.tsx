import { useState } from "react";
import { type Column, SortableTable } from "../../ui/sortable-table";
import { Card, Empty } from "../parts/card";
import { count } from "../parts/figures";
import { Interval } from "../parts/interval";
import { Loaded } from "../parts/loaded";
import { useNames } from "../people/use-names";
import type { ViewProps } from "../project-screen";
import {
  type Agreement as Figures,
  type Measure,
  useAgreement,
  useProject,
  useSpec,
} from "../queries";
import styles from "./agreement.module.css";
import { AgreementOverTime } from "./agreement-over-time";
import { figure, statisticName } from "./statistics";

/** A row of the table: a field of a spec version, or one part of its breakdown. */
interface Row {
  readonly key: string;
  readonly field: string;
  readonly version: number;
  readonly statistic: string;
  readonly sample: string;
  readonly part: string;
  readonly measure: Measure;
}

/** How similarly people label, by field and spec version, in parts and over time. */
export default function Agreement({ services, project }: ViewProps) {
  const [by, setBy] = useState("");
  const agreement = useAgreement(services, project, by || null);
  const nameOf = useNames(services, project);
  const found = useProject(services, project);
  const spec = useSpec(services, project, found.data?.spec_version);
  const slices = spec.data?.document.policy?.agreement?.slices ?? [];
  const partName = (part: string) =>
    by === "pair" ? part.split(":").map(nameOf).join(" and ") : part;
  return (
    <>
      <Card title="Agreement" controls={<Breakdown by={by} slices={slices} onChange={setBy} />}>
        <Loaded query={agreement} what="the agreement">
          {(views) =>
            views.length > 0 ? (
              <SortableTable
                caption="Agreement"
                columns={columnsOf(by !== "")}
                rows={rowsOf(views, by !== "", partName)}
                keyOf={(row) => row.key}
              />
            ) : (
              <Empty>
                <p>
                  Agreement needs items that several people have labeled. Part of the items goes to
                  more people than others for that; figures appear here with the first of them.
                </p>
              </Empty>
            )
          }
        </Loaded>
      </Card>
      {agreement.data?.length ? (
        <AgreementOverTime services={services} project={project} views={agreement.data} />
      ) : null}
    </>
  );
}

interface BreakdownProps {
  readonly by: string;
  readonly slices: readonly string[];
  readonly onChange: (by: string) => void;
}

function Breakdown({ by, slices, onChange }: BreakdownProps) {
  return (
    <label className={styles.breakdown}>
      <span>Broken down by</span>
      <select value={by} onChange={(event) => onChange(event.target.value)}>
        <option value="">nothing</option>
        <option value="label">label</option>
        <option value="pair">pair of annotators</option>
        {slices.map((key) => (
          <option key={key} value={`metadata.${key}`}>
            {key}
          </option>
        ))}
      </select>
    </label>
  );
}

function rowsOf(
  views: readonly Figures[],
  isBrokenDown: boolean,
  partName: (part: string) => string,
): readonly Row[] {
  return views.flatMap((view) => {
    const row = {
      field: view.field,
      version: view.spec_version,
      statistic: statisticName(view.metric),
      sample: view.sample === "prelabel_shown" ? "suggestion in sight" : "independent",
    };
    const id = `${view.field} ${view.spec_version} ${view.sample}`;
    const whole: Row = { ...row, key: id, part: "all", measure: view.measured };
    const parts = Object.entries(view.by ?? {}).map(([part, measure]) => ({
      ...row,
      key: `${id} ${part}`,
      part: partName(part),
      measure,
    }));
    return isBrokenDown ? [whole, ...parts] : [whole];
  });
}

function columnsOf(isBrokenDown: boolean): readonly Column<Row>[] {
  const part: Column<Row> = { key: "part", title: "Part", value: (row) => row.part };
  return [
    { key: "field", title: "Field", value: (row) => row.field },
    { key: "version", title: "Version", value: (row) => row.version, isNumber: true },
    { key: "sample", title: "Answers", value: (row) => row.sample },
    ...(isBrokenDown ? [part] : []),
    {
      key: "value",
      title: "Agreement",
      value: (row) => row.measure.value,
      cell: (row) => <Interval {...row.measure} from={-0.2} format={figure} />,
    },
    { key: "statistic", title: "Statistic", value: (row) => row.statistic },
    {
      key: "items",
      title: "Items",
      value: (row) => row.measure.n_items,
      cell: (row) => count(row.measure.n_items),
      isNumber: true,
    },
    { key: "people", title: "People", value: (row) => row.measure.n_annotators, isNumber: true },
  ];
}
