/** What the actions of a person make of the answer to a `ranking` field. */

import type { Answer, FieldOf } from "../widget";

export type RankingField = FieldOf<"ranking">;

export function ranked(value: Answer): readonly string[] {
  return Array.isArray(value) ? value : [];
}

export function mostRanks(field: RankingField): number {
  return field.max_items ?? field.options.length;
}

/** Put an option after the last one, or take it out if it is in. A full order stays as it is. */
export function toggle(field: RankingField, value: Answer, option: string): Answer {
  const order = ranked(value);
  if (order.includes(option)) return answer(order.filter((one) => one !== option));
  return order.length < mostRanks(field) ? completed(field, [...order, option]) : order;
}

/** Move the option at one place to another, and those between by one. */
export function move(value: Answer, from: number, to: number): readonly string[] {
  const order = ranked(value);
  const moved = order[from];
  if (moved === undefined || to < 0 || to >= order.length) return order;
  return order.toSpliced(from, 1).toSpliced(to, 0, moved);
}

/** Where all are ranked, the last one left has only one place to go. */
function completed(field: RankingField, order: readonly string[]): readonly string[] {
  const values = field.options.map((one) => (typeof one === "string" ? one : one.value));
  const left = values.filter((value) => !order.includes(value));
  const isLast = left.length === 1 && mostRanks(field) === values.length;
  return isLast ? [...order, ...left] : order;
}

function answer(order: readonly string[]): Answer {
  return order.length > 0 ? order : undefined;
}

/** How many options are to be ranked, in words. */
export function rankHint({ options, max_items, min_items }: RankingField): string {
  const most = max_items ?? options.length;
  const least = min_items ?? most;
  const count = least === most ? `${most}` : `${least} to ${most}`;
  return most === options.length && least === most
    ? "Choose all, the best one first."
    : `Choose the best ${count}, the best one first.`;
}
