import styles from "./interval.module.css";

interface Props {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** The ends of the scale. */
  readonly from?: number;
  readonly to?: number;
  readonly format: (value: number) => string;
  /** What is said if there is no value. */
  readonly reason?: string | null | undefined;
}

const WIDTH = 96;
const HEIGHT = 14;

/** A figure with its interval, as a number and as a mark on a scale. */
export function Interval({ value, low, high, from = 0, to = 1, format, reason }: Props) {
  if (value === null) {
    return <span className="muted">{reason ?? "not known yet"}</span>;
  }
  const x = (at: number) => ((clamp(at, from, to) - from) / (to - from)) * WIDTH;
  const hasInterval = low !== null && high !== null;
  return (
    <span className={styles.interval}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className={styles.scale} aria-hidden="true">
        <line x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} className={styles.axis} />
        {hasInterval ? (
          <rect
            x={x(low)}
            width={Math.max(x(high) - x(low), 1)}
            y="2"
            height="10"
            rx="5"
            className={styles.range}
          />
        ) : null}
        <circle cx={x(value)} cy={HEIGHT / 2} r="3" className={styles.value} />
      </svg>
      <span className={styles.text}>
        <strong>{format(value)}</strong>
        {hasInterval ? (
          <span className="muted">
            {" "}
            {format(low)} to {format(high)}
          </span>
        ) : null}
      </span>
    </span>
  );
}

function clamp(value: number, from: number, to: number): number {
  return Math.min(Math.max(value, from), to);
}
