import styles from "./interval-chart.module.css";
import { figure, interval } from "./issue-words";
import type { Measure } from "./issues-api";

export interface ChartRow {
  readonly title: string;
  readonly measure: Pick<Measure, "value" | "low" | "high">;
  readonly about: string;
}

interface Props {
  readonly rows: readonly ChartRow[];
  readonly floor: number;
}

/** Agreement figures with their intervals on one scale up to 1, beside the floor. */
export function IntervalChart({ rows, floor }: Props) {
  const least = Math.min(0, ...rows.map(({ measure }) => measure.low ?? 0));
  const at = (value: number) => `${(100 * (value - least)) / (1 - least)}%`;
  return (
    <table className={styles.chart}>
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Agreement (95 % interval)</th>
          <td className={styles.scale}>
            <span className={styles.floorName} style={{ "--at": at(floor) }}>
              floor {figure(floor)}
            </span>
          </td>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ title, measure, about }) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            <td>
              {interval(measure)}
              <span className={styles.about}>{about}</span>
            </td>
            <td className={styles.scale} aria-hidden="true">
              <span className={styles.track} />
              <span className={styles.floor} style={{ "--at": at(floor) }} />
              {measure.low !== null && measure.high !== null ? (
                <span
                  className={styles.interval}
                  style={{ "--from": at(measure.low), "--to": at(measure.high) }}
                />
              ) : null}
              {measure.value !== null ? (
                <span className={styles.value} style={{ "--at": at(measure.value) }} />
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
