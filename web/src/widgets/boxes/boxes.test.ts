import fc from "fast-check";
import { expect, test } from "vitest";
import { addBox, imageKey, replaceBox } from "./boxes-value";
import { type Box, boxAt, boxBetween, HANDLES, moveBox, resizeBox } from "./geometry";

const around = fc.double({ min: -2, max: 3, noNaN: true });
const points = fc.record({ x: around, y: around });

function expectValid({ x, y, width, height }: Box) {
  for (const corner of [x, y]) expect(corner >= 0 && corner <= 1).toBe(true);
  for (const size of [width, height]) expect(size >= 1e-6 && size <= 1).toBe(true);
  expect(x + width).toBeLessThanOrEqual(1 + 1e-9);
  expect(y + height).toBeLessThanOrEqual(1 + 1e-9);
}

test("whatever is drawn, moved and resized, a box stays within the image and is never empty", () => {
  fc.assert(
    fc.property(points, points, points, fc.constantFrom(...HANDLES), (a, b, by, handle) => {
      const box = boxBetween(a, b);
      expectValid(box);
      expectValid(moveBox(box, by));
      expectValid(resizeBox(box, handle, by));
    }),
  );
});

test("moving keeps the size, resizing keeps the opposite side", () => {
  const box = { x: 0.2, y: 0.2, width: 0.4, height: 0.4, label: "car" };
  expect(moveBox(box, { x: 0.9, y: -0.1 })).toEqual({ ...box, x: 0.6, y: 0.1 });
  expect(resizeBox(box, "n", { x: 0.3, y: 0.1 })).toEqual({ ...box, y: 0.3, height: 0.3 });
  expect(resizeBox(box, "e", { x: -0.6, y: 0 })).toEqual({ ...box, x: 0, width: 0.2 });
});

test("of several boxes at a point the smallest is meant", () => {
  const large = { x: 0, y: 0, width: 1, height: 1 };
  const small = { x: 0.4, y: 0.4, width: 0.1, height: 0.1 };
  expect(boxAt([small, large], { x: 0.45, y: 0.45 })).toBe(0);
  expect(boxAt([small, large], { x: 0.8, y: 0.45 })).toBe(1);
  expect(boxAt([small], { x: 0.8, y: 0.45 })).toBe(-1);
});

test("no box is there twice, and none beyond the most that the field accepts", () => {
  const field = { name: "b", kind: "boxes", max_items: 2 } as const;
  const box = { x: 0, y: 0, width: 0.5, height: 0.5 };
  const other = { ...box, x: 0.5 };
  expect(addBox(field, [box], { ...box })).toEqual([box]);
  expect(addBox(field, [box, other], { ...box, y: 0.5 })).toHaveLength(2);
  expect(replaceBox([box, other], 0, { ...other })).toEqual([box, other]);
});

test("the image to draw on is the first one of the payload", () => {
  expect(imageKey({ text: "a", photo: "https://images.test/1" })).toBe("photo");
  expect(imageKey({ text: "a" })).toBeUndefined();
});
