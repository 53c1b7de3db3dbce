/** Rectangles on an image. All numbers are fractions of its width and height, as in the label. */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly label?: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The sides that a handle moves: `nw` is the upper left corner. */
export const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"] as const;
export type Handle = (typeof HANDLES)[number];

const DIGITS = 6;
const SMALLEST = 10 ** -DIGITS;

/** The box with two points as opposite corners, within the image; its label is that of `like`. */
export function boxBetween(a: Point, b: Point, like: { readonly label?: string } = {}): Box {
  const [left, right] = side(a.x, b.x);
  const [top, bottom] = side(a.y, b.y);
  return {
    x: left,
    y: top,
    width: rounded(right - left),
    height: rounded(bottom - top),
    ...(like.label === undefined ? {} : { label: like.label }),
  };
}

/** Two ends within 0 … 1, the smaller one first, apart by what the label schema requires. */
function side(a: number, b: number): [number, number] {
  const low = clamp(rounded(Math.min(a, b)), 0, 1 - SMALLEST);
  const high = clamp(rounded(Math.max(a, b)), 0, 1);
  return [rounded(low), Math.max(high, rounded(low + SMALLEST))];
}

/** Move a box by a distance, as far as it stays within the image. */
export function moveBox(box: Box, by: Point): Box {
  const x = rounded(clamp(box.x + by.x, 0, 1 - box.width));
  const y = rounded(clamp(box.y + by.y, 0, 1 - box.height));
  return { ...box, x, y };
}

/** Move the sides of a box that belong to a handle. A side that is drawn past the other one turns. */
export function resizeBox(box: Box, handle: Handle, by: Point): Box {
  const from = { x: box.x, y: box.y };
  const to = { x: box.x + box.width, y: box.y + box.height };
  if (handle.includes("w")) from.x += by.x;
  if (handle.includes("e")) to.x += by.x;
  if (handle.includes("n")) from.y += by.y;
  if (handle.includes("s")) to.y += by.y;
  return boxBetween(from, to, box);
}

/** The smallest box at a point, by its place; -1 if there is none. */
export function boxAt(boxes: readonly Box[], point: Point): number {
  let found = -1;
  boxes.forEach((box, place) => {
    const best = boxes[found];
    if (contains(box, point) && (!best || area(box) < area(best))) found = place;
  });
  return found;
}

export function isSameBox(a: Box, b: Box): boolean {
  return (["x", "y", "width", "height", "label"] as const).every((key) => a[key] === b[key]);
}

function contains(box: Box, { x, y }: Point): boolean {
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}

function area(box: Box): number {
  return box.width * box.height;
}

function rounded(value: number): number {
  return Number(value.toFixed(DIGITS)) + 0;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
