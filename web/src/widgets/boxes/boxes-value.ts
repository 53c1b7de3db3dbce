/** What the actions of a person make of the answer to a `boxes` field. */

import { classify } from "../../payload/payload";
import type { Answer, FieldOf, Payload } from "../widget";
import { type Box, isSameBox } from "./geometry";

export type BoxesField = FieldOf<"boxes">;

const ITEMS_MAX = 1000;

export function boxesOf(value: Answer): readonly Box[] {
  return Array.isArray(value) ? value.filter(isBox) : [];
}

function isBox(part: unknown): part is Box {
  const box = part as Partial<Box> | null;
  return [box?.x, box?.y, box?.width, box?.height].every(Number.isFinite);
}

/** Add a box, unless there are as many as the field accepts, or the same one is there already. */
export function addBox(field: BoxesField, boxes: readonly Box[], box: Box): readonly Box[] {
  const isFull = boxes.length >= (field.max_items ?? ITEMS_MAX);
  return isFull || boxes.some((one) => isSameBox(one, box)) ? boxes : [...boxes, box];
}

/** Put a box in the place of another, unless the same one is there already. */
export function replaceBox(boxes: readonly Box[], place: number, box: Box): readonly Box[] {
  return boxes.some((one) => isSameBox(one, box)) ? boxes : boxes.with(place, box);
}

/** The key of the payload's first image. */
export function imageKey(payload: Payload): string | undefined {
  return classify(payload).find((part) => part.kind === "image")?.key;
}

/** A box in words: where it is and how large, in percent of the image. */
export function boxInWords(box: Box): string {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(percent);
  return `${x} from the left, ${y} from the top, ${width} wide, ${height} high`;
}

/** A size and a place in as few characters as possible. */
export function boxInBrief(box: Box): string {
  return `${percent(box.width)} × ${percent(box.height)} at ${percent(box.x)}, ${percent(box.y)}`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)}%`;
}
