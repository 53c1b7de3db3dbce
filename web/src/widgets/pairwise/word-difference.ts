/** Which words of two texts differ. */

export interface Piece {
  readonly text: string;
  /** True if the other text lacks it at this place. */
  readonly isDifferent: boolean;
}

/** Tables beyond this size take longer than a key may. */
const CELLS_MAX = 4_000_000;
const WORDS = /\s+|[\p{L}\p{N}\p{M}_]+|./gsu;

/**
 * Return both texts in pieces, by a longest common subsequence of their words; undefined if they are
 * too long and too different for that.
 */
export function wordDifference(first: string, second: string): [Piece[], Piece[]] | undefined {
  const a = first.match(WORDS) ?? [];
  const b = second.match(WORDS) ?? [];
  const start = commonLength(a.length, b.length, (n) => a[n] === b[n]);
  const rest = Math.min(a.length, b.length) - start;
  const end = commonLength(rest, rest, (n) => a[a.length - 1 - n] === b[b.length - 1 - n]);
  const middle = [a.slice(start, a.length - end), b.slice(start, b.length - end)] as const;
  if (middle[0].length * middle[1].length > CELLS_MAX) return undefined;
  const [inFirst, inSecond] = commonWords(...middle);
  return [
    pieces(a, (n) => n < start || n >= a.length - end || inFirst.has(n - start)),
    pieces(b, (n) => n < start || n >= b.length - end || inSecond.has(n - start)),
  ];
}

function commonLength(first: number, second: number, isEqual: (n: number) => boolean): number {
  let length = 0;
  while (length < first && length < second && isEqual(length)) length += 1;
  return length;
}

/** The places, in both lists, of the words of a longest common subsequence. */
function commonWords(a: readonly string[], b: readonly string[]): [Set<number>, Set<number>] {
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: [Set<number>, Set<number>] = [new Set(), new Set()];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      found[0].add(i++);
      found[1].add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return found;
}

function pieces(words: readonly string[], isCommon: (index: number) => boolean): Piece[] {
  const result: Piece[] = [];
  words.forEach((word, index) => {
    const isDifferent = !isCommon(index);
    const last = result.at(-1);
    if (last?.isDifferent === isDifferent) {
      result[result.length - 1] = { text: last.text + word, isDifferent };
    } else {
      result.push({ text: word, isDifferent });
    }
  });
  return result;
}
