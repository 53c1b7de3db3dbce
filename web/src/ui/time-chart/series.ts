/** What a chart draws, in the terms of the library that draws it. */

import type uPlot from "uplot";
import type { ChartProps, Series } from "./time-chart";

/** Returns the colour of a token. */
export type Palette = (name: string) => string;

/** Return the times, then for each series its values and, if it has an interval, its ends. */
export function columnsOf({ times, series, kind }: ChartProps): uPlot.AlignedData {
  const columns =
    kind === "bars" ? stacked(series) : series.flatMap((one) => [one.values, ...endsOf(one)]);
  return [times, ...columns].map((column) => [...column]) as unknown as uPlot.AlignedData;
}

/** Return the values of each series on top of those of all later series. */
export function stacked(series: readonly Pick<Series, "values">[]): number[][] {
  let below: readonly number[] = [];
  const columns = series.toReversed().map(({ values }) => {
    below = values.map((value, at) => (value ?? 0) + (below[at] ?? 0));
    return [...below];
  });
  return columns.reverse();
}

function endsOf({ low, high }: Series): (readonly (number | null)[])[] {
  return low && high ? [low, high] : [];
}

/** Return the series in the order of `columnsOf`, and the bands between the ends. */
export function seriesOf(
  { series, kind }: ChartProps,
  palette: Palette,
  paths: uPlot.Series.PathBuilderFactories,
): Pick<uPlot.Options, "series" | "bands"> {
  const drawn: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const one of series) {
    const colour = palette(one.colour);
    drawn.push(kind === "bars" ? bars(colour, paths) : line(colour));
    if (endsOf(one).length > 0) {
      bands.push({ series: [drawn.length + 1, drawn.length], fill: transparent(colour) });
      drawn.push(hidden(), hidden());
    }
  }
  return { series: drawn, bands };
}

function bars(colour: string, paths: uPlot.Series.PathBuilderFactories): uPlot.Series {
  const draw = paths.bars?.({ size: [0.8, 24], align: 1 });
  return {
    stroke: colour,
    fill: colour,
    width: 0,
    points: { show: false },
    ...(draw ? { paths: draw } : {}),
  };
}

function line(colour: string): uPlot.Series {
  return { stroke: colour, width: 2, points: { show: true, size: 6, fill: colour } };
}

function hidden(): uPlot.Series {
  return { width: 0, points: { show: false } };
}

/** Return a colour, given as `rgb(…)`, at a fifth of its strength. */
function transparent(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.2)");
}

/** Return the range of the times. A bar stands right of its time, so the last one needs room. */
export function timeRange(times: ArrayLike<number>, kind: ChartProps["kind"]): [number, number] {
  const [first, second, last] = [times[0] ?? 0, times[1] ?? 0, times[times.length - 1] ?? 0];
  return [first, kind === "bars" ? last + (second - first) : last];
}

const CLOCK = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const DAY_SECONDS = 86_400;

/** Return the texts of an axis: times of the day, and the date where a day begins. */
export function timeTexts(times: readonly number[]): string[] {
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  return times.map((seconds) => {
    const moment = new Date(seconds * 1000);
    const isMidnight = moment.getHours() === 0 && moment.getMinutes() === 0;
    return step >= DAY_SECONDS || isMidnight ? DAY.format(moment) : CLOCK.format(moment);
  });
}
