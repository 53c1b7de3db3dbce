import { lazy, Suspense } from "react";
import styles from "./time-chart.module.css";

export interface Series {
  readonly title: string;
  /** The name of a colour among the tokens: `mark-1`. */
  readonly colour: string;
  /** One value for each time. */
  readonly values: readonly (number | null)[];
  /** The ends of an interval around the values, drawn as a band. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

export interface ChartProps {
  /** What the picture shows, in a sentence with its figures, for screen readers. */
  readonly label: string;
  /** In seconds since 1970, rising. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly kind: "bars" | "lines";
  /** The range of the values; by default from 0 to the largest. */
  readonly range?: readonly [number, number];
}

const Drawing = lazy(() => import("./drawing"));

/** Values over time. The library that draws them is loaded when the first chart is shown. */
export function TimeChart(props: ChartProps) {
  return (
    <figure className={styles.chart}>
      <div role="img" aria-label={props.label} className={styles.place}>
        <Suspense fallback={null}>
          <Drawing {...props} />
        </Suspense>
      </div>
      {props.series.length > 1 ? (
        <figcaption className={styles.legend}>
          {props.series.map((one) => (
            <span key={one.title} className={styles.entry}>
              <span
                aria-hidden="true"
                className={styles.swatch}
                style={{ "--colour": `var(--${one.colour})` }}
              />
              {one.title}
            </span>
          ))}
        </figcaption>
      ) : null}
    </figure>
  );
}
