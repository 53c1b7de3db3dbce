/** The colors of marks, one for each option. They repeat after the eighth: the title always stands by. */

const COLORS = 8;

export function markColor(place: number): string {
  return `var(--mark-${(Math.max(place, 0) % COLORS) + 1})`;
}
