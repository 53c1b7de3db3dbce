/** Which answers are given to the same items, as a square of counts. */

import type { Confusion } from "./issues-api";

export interface ConfusionMatrix {
  readonly answers: readonly string[];
  /** Counts by row and column, in the order of `answers`; the diagonal is null. */
  readonly cells: readonly (readonly (number | null)[])[];
  readonly largest: number;
  /** The pairs that the square has no room for. */
  readonly rest: readonly Confusion[];
}

/** Make the square of the answers that are confused most, in the order of `known` where they are in it. */
export function confusionMatrix(
  confusions: readonly Confusion[],
  known: readonly string[],
  sizeMax: number,
): ConfusionMatrix {
  const totals = new Map<string, number>();
  for (const { first, second, items } of confusions) {
    totals.set(first, (totals.get(first) ?? 0) + items);
    totals.set(second, (totals.get(second) ?? 0) + items);
  }
  const most = [...totals].toSorted(([, a], [, b]) => b - a).slice(0, sizeMax);
  const shown = new Set(most.map(([answer]) => answer));
  const ordered = known.filter((answer) => shown.has(answer));
  const answers = [...ordered, ...[...shown].filter((answer) => !known.includes(answer))];
  const counts = new Map(confusions.map((one) => [keyOf(one.first, one.second), one.items]));
  const cells = answers.map((row) =>
    answers.map((column) => (row === column ? null : (counts.get(keyOf(row, column)) ?? 0))),
  );
  const rest = confusions.filter((one) => !shown.has(one.first) || !shown.has(one.second));
  return { answers, cells, largest: Math.max(0, ...counts.values()), rest };
}

function keyOf(first: string, second: string): string {
  return JSON.stringify([first, second].toSorted());
}
