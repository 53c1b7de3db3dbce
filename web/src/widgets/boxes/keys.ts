/** What the keys do while the image has the focus. */

import { boxBetween, moveBox, type Point, resizeBox } from "./geometry";
import type { Boxes } from "./use-boxes";
import type { Zoom } from "./use-zoom";

export interface Press {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** The image as it is seen: one of its pixels, and the corners of the part in sight, in fractions. */
export interface Sight {
  readonly pixel: Point;
  readonly from: Point;
  readonly to: Point;
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
const FAR = 10;

/** Do what a key does; return false if it does nothing here. */
export function runKey(press: Press, boxes: Boxes, zoom: Zoom, sight: Sight): boolean {
  const deed =
    arrow(press, boxes, sight) ?? selecting(press.key, boxes) ?? zooming(press.key, zoom);
  const option = boxes.options.find(({ key }) => key === press.key);
  const run = option ? () => boxes.choose(option.value) : deed;
  if (press.key === " ") boxes.add(boxInMiddle(sight));
  else if (!run) return false;
  else run();
  return true;
}

/** An arrow moves the selected box by a pixel of the image, with Shift by 10; with Alt it resizes. */
function arrow({ key, shiftKey, altKey }: Press, boxes: Boxes, { pixel }: Sight) {
  const { selected } = boxes;
  const direction = ARROWS[key];
  if (!direction || !selected) return undefined;
  const steps = shiftKey ? FAR : 1;
  const by = { x: direction.x * pixel.x * steps, y: direction.y * pixel.y * steps };
  return () => boxes.replace(altKey ? resizeBox(selected, "se", by) : moveBox(selected, by));
}

function selecting(key: string, { boxes, place, select, remove, selected }: Boxes) {
  const count = boxes.length;
  if (key === "PageDown" && count > 0) return () => select((place + 1) % count);
  if (key === "PageUp" && count > 0) return () => select((Math.max(place, 0) + count - 1) % count);
  if (key === "Escape" && selected) return () => select(-1);
  if (key === "Delete" && selected) return () => remove(place);
  return undefined;
}

function zooming(key: string, { larger, smaller, fit }: Zoom): (() => void) | undefined {
  return { "+": larger, "=": larger, "-": smaller, "0": fit }[key];
}

/** A box of a quarter of the part in sight, in its middle. */
function boxInMiddle({ from, to }: Sight) {
  const width = (to.x - from.x) / 4;
  const height = (to.y - from.y) / 4;
  const [x, y] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  return boxBetween(
    { x: x - width / 2, y: y - height / 2 },
    { x: x + width / 2, y: y + height / 2 },
  );
}
