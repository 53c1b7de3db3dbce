/** Numbers as people write them, and steps in decimal arithmetic. */

import type { FieldOf } from "../widget";

export type NumberField = FieldOf<"number">;

const WRITTEN = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/;

/** The number that a text says, with a point or a comma; undefined if it says none. */
export function parse(text: string): number | undefined {
  const compact = text.replaceAll(/\s/g, "").replace("−", "-");
  if (!WRITTEN.test(compact)) return undefined;
  const number = Number(compact.replace(",", ".")) + 0; // + 0: there is no -0 in a label.
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

/** The next multiple of the step (1 without one) above or below a number, within the limits. */
export function stepFrom(field: NumberField, value: number | undefined, direction: 1 | -1): number {
  const step = field.step ?? 1;
  if (value === undefined) return clamp(field, 0);
  const place = value / step;
  const nearest = Math.round(place);
  const isOnStep = Math.abs(place - nearest) < 1e-9;
  const next = direction > 0 ? Math.floor(place) + 1 : Math.ceil(place) - 1;
  return clamp(field, multiple(isOnStep ? nearest + direction : next, step));
}

/** `count` times `step` as decimal arithmetic has it: 3 · 0.1 is 0.3. */
function multiple(count: number, step: number): number {
  return Number((count * step).toFixed(decimals(step))) + 0;
}

/** How many digits after the point a number has, up to the nine that a step may have. */
function decimals(value: number): number {
  return value.toFixed(9).replace(/0+$/, "").split(".")[1]?.length ?? 0;
}

function clamp({ minimum, maximum, step = 1 }: NumberField, value: number): number {
  if (minimum !== undefined && value < minimum) return minimum;
  if (maximum === undefined || value <= maximum) return value;
  const highest = multiple(Math.floor(maximum / step + 1e-9), step);
  return minimum === undefined || highest >= minimum ? highest : minimum;
}

/** The limits of a field in words; empty if it has none. */
export function limitsHint({ minimum, maximum, step }: NumberField): string {
  const range =
    minimum !== undefined && maximum !== undefined
      ? `${minimum} to ${maximum}`
      : minimum !== undefined
        ? `${minimum} or more`
        : maximum !== undefined
          ? `${maximum} or less`
          : "";
  const steps = step === undefined ? "" : `in steps of ${step}`;
  return [range, steps].filter(Boolean).join(", ");
}
