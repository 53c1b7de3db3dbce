const PERIODS: readonly (readonly [number, string])[] = [
  [1, "last hour"],
  [24, "last 24 hours"],
  [7 * 24, "last 7 days"],
  [30 * 24, "last 30 days"],
  [90 * 24, "last 90 days"],
];
const LONGEST = 90 * 24;

/** Return the shortest period that holds the time since `iso`, else the longest. */
export function periodSince(iso: string | undefined, now: number): number {
  const hours = (now - (iso === undefined ? now : Date.parse(iso))) / 3_600_000;
  return PERIODS.find(([period]) => period >= hours)?.[0] ?? LONGEST;
}

interface Props {
  readonly hours: number;
  readonly onChange: (hours: number) => void;
}

/** Chooses the period of a chart. */
export function Period({ hours, onChange }: Props) {
  return (
    <select
      aria-label="Period"
      value={hours}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      {PERIODS.map(([value, title]) => (
        <option key={value} value={value}>
          {title}
        </option>
      ))}
    </select>
  );
}
