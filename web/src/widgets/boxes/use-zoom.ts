import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

const ZOOM_MAX = 16;
const STEP = 1.25;

/** The zoom of what is in a scrolling viewport: 1 fits. The middle of what is seen stays in place. */
export function useZoom(viewport: RefObject<HTMLElement | null>) {
  const [zoom, setZoom] = useState(1);
  const last = useRef(1);

  useLayoutEffect(() => {
    const element = viewport.current;
    const factor = zoom / last.current;
    last.current = zoom;
    if (!element || factor === 1) return;
    const { clientWidth: width, clientHeight: height } = element;
    element.scrollLeft = (element.scrollLeft + width / 2) * factor - width / 2;
    element.scrollTop = (element.scrollTop + height / 2) * factor - height / 2;
  }, [zoom, viewport]);

  const change = (steps: number) =>
    setZoom((now) => Math.min(Math.max(now * STEP ** steps, 1), ZOOM_MAX));

  // A handler that React adds may not keep the browser from zooming the whole page.
  const changing = useRef(change);
  changing.current = change;
  useEffect(() => {
    const element = viewport.current;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      changing.current(-Math.sign(event.deltaY));
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [viewport]);

  return { zoom, larger: () => change(1), smaller: () => change(-1), fit: () => setZoom(1) };
}

export type Zoom = ReturnType<typeof useZoom>;
