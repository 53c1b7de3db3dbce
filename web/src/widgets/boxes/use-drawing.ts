import { type PointerEvent, useState } from "react";
import {
  type Box,
  boxAt,
  boxBetween,
  type Handle,
  moveBox,
  type Point,
  resizeBox,
} from "./geometry";
import type { Boxes } from "./use-boxes";

interface Drag {
  readonly from: Point;
  /** The selected box as it was, to be moved or resized; without one a new box is drawn. */
  readonly box: Box | undefined;
  readonly handle: Handle | undefined;
}

/** A press that moves less than this many pixels is a click. */
const CLICK = 4;

/** Drawing, moving and resizing with a pointer. The answer changes when the pointer is let go. */
export function useDrawing(boxes: Boxes) {
  const [drag, setDrag] = useState<Drag>();
  const [preview, setPreview] = useState<Box>();

  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    const from = pointOf(event);
    const handle = (event.target as HTMLElement).dataset.handle as Handle | undefined;
    const isOnSelected = boxAt(boxes.selected ? [boxes.selected] : [], from) === 0;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ from, handle, box: handle || isOnSelected ? boxes.selected : undefined });
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (drag && isFar(drag.from, event)) setPreview(dragged(drag, pointOf(event)));
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    if (!drag) return;
    if (!preview) boxes.select(boxAt(boxes.boxes, pointOf(event)));
    else if (drag.box) boxes.replace(preview);
    else boxes.add(preview);
    stop();
  };
  const stop = () => {
    setDrag(undefined);
    setPreview(undefined);
  };
  return {
    preview,
    isNew: preview !== undefined && !drag?.box,
    events: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: stop },
    stop,
  };
}

function dragged({ from, box, handle }: Drag, to: Point): Box {
  const by = { x: to.x - from.x, y: to.y - from.y };
  if (!box) return boxBetween(from, to);
  return handle ? resizeBox(box, handle, by) : moveBox(box, by);
}

/** Where the pointer is on the image, in fractions. */
function pointOf(event: PointerEvent<HTMLElement>): Point {
  const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
  return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
}

function isFar(from: Point, event: PointerEvent<HTMLElement>): boolean {
  const { width, height } = event.currentTarget.getBoundingClientRect();
  const to = pointOf(event);
  return Math.hypot((to.x - from.x) * width, (to.y - from.y) * height) >= CLICK;
}
