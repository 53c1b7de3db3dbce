import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Services } from "../../api/services";
import { TimeChart } from "../../ui/time-chart/time-chart";
import { Period, periodSince } from "../overview/period";
import { Card } from "../parts/card";
import { Loaded } from "../parts/loaded";
import { type Agreement, readAgreement, useProject } from "../queries";
import styles from "./agreement.module.css";
import { figure, moments } from "./statistics";

/** Each moment costs a measurement, so there are few, and they are read once a minute. */
const MOMENTS = 12;
const REFRESH_MS = 60_000;

interface Props {
  readonly services: Services;
  readonly project: string;
  /** The fields and versions that were measured. */
  readonly views: readonly Agreement[];
}

/** The agreement on one field as it was at moments of a period, each over all answers until then. */
export function AgreementOverTime({ services, project, views }: Props) {
  const found = useProject(services, project);
  const [period, setHours] = useState<number | null>(null);
  const hours = period ?? periodSince(found.data?.created_at, Date.now());
  const choices = views.filter((view) => view.sample !== "prelabel_shown");
  const [at, setAt] = useState(0);
  const chosen = choices[at] ?? choices[0];
  const points = useQuery({
    queryKey: ["agreement-over-time", project, chosen?.field, chosen?.spec_version, hours],
    queryFn: () => Promise.all(moments(Date.now(), hours, MOMENTS).map(read)),
    enabled: chosen !== undefined,
    refetchInterval: REFRESH_MS,
  });

  async function read(moment: number) {
    const views = await readAgreement(services, project, {
      field: chosen?.field ?? "",
      spec_version: chosen?.spec_version ?? 1,
      until: new Date(moment).toISOString(),
    });
    const measured = views.find((view) => view.sample === chosen?.sample)?.measured ?? null;
    return { moment, measured };
  }

  return (
    <Card
      title="Agreement over time"
      controls={
        <div className={styles.controls}>
          <select
            aria-label="Field"
            value={at}
            onChange={(event) => setAt(Number(event.target.value))}
          >
            {choices.map((view, index) => (
              <option key={`${view.field} ${view.spec_version}`} value={index}>
                {view.field}, version {view.spec_version}
              </option>
            ))}
          </select>
          <Period hours={hours} onChange={setHours} />
        </div>
      }
    >
      <Loaded query={points} what="the agreement over time">
        {(found) => {
          const last = found.at(-1)?.measured;
          const values = (key: "value" | "low" | "high") =>
            found.map(({ measured }) => measured?.[key] ?? null);
          return (
            <>
              <TimeChart
                kind="lines"
                range={[Math.min(0, ...values("low").map((value) => value ?? 0)), 1]}
                label={`Agreement on ${chosen?.field ?? ""} over time; now ${last?.value == null ? "not known" : figure(last.value)}.`}
                times={found.map(({ moment }) => moment / 1000)}
                series={[
                  {
                    title: "Agreement",
                    colour: "mark-1",
                    values: values("value"),
                    low: values("low"),
                    high: values("high"),
                  },
                ]}
              />
              <p className="muted">
                Each point measures all answers until then; the band is its interval. A new spec
                version begins a new line.
              </p>
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
