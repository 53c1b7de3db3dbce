import { type Series, TimeChart } from "../../ui/time-chart/time-chart";
import { Empty } from "../parts/card";
import { counted } from "../parts/figures";
import type { Activity } from "../queries";
import { addressOfView } from "../views";

const STAGES = [
  { name: "annotations", title: "Annotations", colour: "mark-1" },
  { name: "reviews", title: "Reviews", colour: "mark-3" },
  { name: "adjudications", title: "Adjudications", colour: "mark-2" },
] as const;

interface Props {
  readonly activity: Activity | null;
  readonly project: string;
}

/** What was submitted over time, by stage. */
export function Throughput({ activity, project }: Props) {
  const buckets = activity?.buckets ?? [];
  const series: readonly Series[] = STAGES.map(({ name, title, colour }) => ({
    title,
    colour,
    values: buckets.map((bucket) => bucket[name]),
  }));
  const total = (one: Series) => one.values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const shown = series.filter((one) => total(one) > 0);
  if (shown.length === 0) {
    return (
      <Empty>
        <p>Nothing was submitted in this period. Work begins when people open their links.</p>
        <a className="button" href={addressOfView(project, "people")}>
          Invite people
        </a>
      </Empty>
    );
  }
  const words = shown.map((one) => counted(total(one), one.title.toLowerCase().slice(0, -1)));
  return (
    <TimeChart
      kind="bars"
      label={`Submitted in the period: ${words.join(", ")}.`}
      times={buckets.map((bucket) => Date.parse(bucket.since) / 1000)}
      series={shown}
    />
  );
}
