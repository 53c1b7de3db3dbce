import { type PointerEvent, type ReactNode, type RefObject, useRef, useState } from "react";
import { MediaFailed } from "../../payload/image/image";
import styles from "./boxes.module.css";
import type { Box } from "./geometry";
import type { Zoom } from "./use-zoom";

interface Props {
  readonly viewport: RefObject<HTMLDivElement | null>;
  readonly address: string;
  readonly zoom: Zoom;
  readonly drawing: {
    readonly preview: Box | undefined;
    readonly events: Readonly<Record<string, (event: PointerEvent<HTMLElement>) => void>>;
  };
  readonly children: ReactNode;
  readonly onLoad: (image: HTMLImageElement) => void;
}

/** The image in its own size or as large as fits, with what is drawn over it. */
export function Stage({ viewport, address, zoom, drawing, children, onLoad }: Props) {
  const [failed, setFailed] = useState("");
  const pan = usePan(viewport);
  if (failed === address) return <MediaFailed kind="image" address={address} />;
  return (
    <div
      className={styles.stage}
      style={{ "--zoom": zoom.zoom }}
      {...drawing.events}
      onPointerDown={(event) => {
        if (!pan.start(event)) drawing.events.onPointerDown?.(event);
      }}
      onPointerMove={(event) => {
        if (!pan.move(event)) drawing.events.onPointerMove?.(event);
      }}
    >
      <img
        className={styles.image}
        src={address}
        alt="To be marked"
        draggable={false}
        onLoad={(event) => onLoad(event.currentTarget)}
        onError={() => setFailed(address)}
      />
      {children}
    </div>
  );
}

const MIDDLE = 1;
const MIDDLE_HELD = 4;

/** Scrolling by dragging with the middle button; the wheel, the keys and touch scroll by themselves. */
function usePan(viewport: RefObject<HTMLDivElement | null>) {
  const last = useRef({ x: 0, y: 0 });
  return {
    start(event: PointerEvent<HTMLElement>): boolean {
      if (event.button !== MIDDLE) return false;
      event.preventDefault();
      event.currentTarget.setPointerCapture(event.pointerId);
      last.current = { x: event.clientX, y: event.clientY };
      return true;
    },
    move(event: PointerEvent<HTMLElement>): boolean {
      if (event.buttons !== MIDDLE_HELD) return false;
      viewport.current?.scrollBy(last.current.x - event.clientX, last.current.y - event.clientY);
      last.current = { x: event.clientX, y: event.clientY };
      return true;
    },
  };
}
