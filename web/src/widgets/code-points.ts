/**
 * Unicode code points, in which labels count; JavaScript counts UTF-16 units instead. A character
 * beyond U+FFFF, such as most emoji, is one code point and two units.
 */

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/g;

/** Converts positions in one text between UTF-16 units and code points, in logarithmic time. */
export class CodePoints {
  /** The unit at which each character of two units begins. */
  private readonly pairs: readonly number[];

  constructor(text: string) {
    this.pairs = Array.from(text.matchAll(PAIR), (match) => match.index);
  }

  /** The number of code points before the unit `unit`. */
  fromUnit(unit: number): number {
    return unit - countUntil(this.pairs.length, (n) => (this.pairs[n] ?? 0) < unit);
  }

  /** The unit at which the code point number `point` begins. */
  toUnit(point: number): number {
    return point + countUntil(this.pairs.length, (n) => (this.pairs[n] ?? 0) - n < point);
  }
}

/** The length of a text in code points. */
export function codePointLength(text: string): number {
  return text.length - (text.match(PAIR)?.length ?? 0);
}

/** The first `length` code points of a text. */
export function clip(text: string, length: number): string {
  return text.slice(0, new CodePoints(text).toUnit(length));
}

/** The text without what the server refuses to store: NUL and halves of surrogate pairs. */
export function storable(text: string): string {
  return text.replaceAll("\0", "").replaceAll(/\p{Surrogate}/gu, "\ufffd");
}

/** How many of 0 … length - 1 satisfy a condition that holds from the beginning up to some number. */
export function countUntil(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
