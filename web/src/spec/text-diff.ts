/** Two texts written as one: what both have, what is gone and what has come. */

import { type Piece, wordDifference } from "../widgets/pairwise/word-difference";

export interface TextPart {
  readonly kind: "kept" | "gone" | "come";
  readonly text: string;
}

/** Return the parts in their order; undefined if the texts are too long and too different for that. */
export function textDiff(before: string, after: string): TextPart[] | undefined {
  const pieces = wordDifference(before, after);
  if (!pieces) {
    return undefined;
  }
  let [old, now]: readonly (readonly Piece[])[] = pieces;
  const parts: TextPart[] = [];
  while (old?.length || now?.length) {
    const part = firstPart(old?.[0], now?.[0]);
    parts.push(part);
    old = part.kind === "come" ? old : without(old, part.text.length);
    now = part.kind === "gone" ? now : without(now, part.text.length);
  }
  return parts;
}

/** Return the next part. What both have is cut differently in each: the shorter text is in both. */
function firstPart(was: Piece | undefined, is: Piece | undefined): TextPart {
  if (was?.isDifferent) {
    return { kind: "gone", text: was.text };
  }
  if (is?.isDifferent) {
    return { kind: "come", text: is.text };
  }
  const texts = [was?.text ?? "", is?.text ?? ""].toSorted((a, b) => a.length - b.length);
  return { kind: "kept", text: texts[0] ?? "" };
}

function without(pieces: readonly Piece[] | undefined, length: number): readonly Piece[] {
  const [first, ...rest] = pieces ?? [];
  const isLonger = first !== undefined && first.text.length > length;
  return isLonger ? [{ ...first, text: first.text.slice(length) }, ...rest] : rest;
}
