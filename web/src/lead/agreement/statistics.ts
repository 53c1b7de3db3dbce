/** The names of statistics, and the moments of a chart of them. */

const NAMES: Readonly<Record<string, string>> = {
  krippendorff_alpha_nominal: "Krippendorff's α",
  krippendorff_alpha_ordinal: "Krippendorff's α, ordinal",
  krippendorff_alpha_interval: "Krippendorff's α, interval",
  krippendorff_alpha_ratio: "Krippendorff's α, ratio",
  krippendorff_alpha_distance: "Krippendorff's α, by distance",
};

export function statisticName(metric: string): string {
  return NAMES[metric] ?? metric.replaceAll("_", " ");
}

export function figure(value: number): string {
  return value.toFixed(2);
}

/** Return `count` moments in the last `hours`, evenly apart, the last one now. In ms since 1970. */
export function moments(now: number, hours: number, count: number): readonly number[] {
  const step = (hours * 3_600_000) / count;
  return Array.from({ length: count }, (_, at) => now - step * (count - 1 - at));
}
