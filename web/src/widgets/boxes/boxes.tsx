import { type KeyboardEvent, useId, useRef, useState } from "react";
import { Key } from "../../ui/key";
import { Announcement } from "../announcement";
import { Group } from "../group";
import { IconButton } from "../icon-button";
import { MarkLabels } from "../mark-labels";
import { titleOf } from "../options";
import type { Answer, WidgetModule, WidgetProps } from "../widget";
import { BoxList } from "./box-list";
import { BoxView } from "./box-view";
import styles from "./boxes.module.css";
import { type BoxesField, boxesOf, boxInBrief, imageKey } from "./boxes-value";
import { runKey, type Sight } from "./keys";
import { Stage } from "./stage";
import { useBoxes } from "./use-boxes";
import { useDrawing } from "./use-drawing";
import { useZoom } from "./use-zoom";

/** Rectangles on the item's image: drawn with a pointer, or added and moved with keys. */
function BoxesWidget(props: WidgetProps<BoxesField>) {
  const { payload, disabled } = props;
  const helpId = useId();
  const viewport = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 1000, height: 1000 });
  const boxes = useBoxes(props);
  const drawing = useDrawing(boxes);
  const zoom = useZoom(viewport);
  const key = imageKey(payload);
  if (key === undefined) return <p role="alert">This item has no image to draw boxes on.</p>;

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.ctrlKey || event.metaKey || disabled) return;
    const isDone = runKey(event, boxes, zoom, sightOf(event.currentTarget, size));
    if (isDone) event.preventDefault();
    if (event.key === "Escape") drawing.stop();
  };
  const { selected, place } = boxes;
  return (
    <Group labelId={props.labelId} describedBy={props.describedBy}>
      <div className={styles.bar}>
        <MarkLabels
          options={boxes.options}
          chosen={selected?.label ?? boxes.label}
          title="Label for the next box"
          isActive={props.isActive}
          disabled={disabled}
          onChoose={boxes.choose}
        />
        <div className={styles.tools}>
          <IconButton icon="smaller" title="Zoom out (−)" onClick={zoom.smaller} />
          <span className={styles.zoom}>{Math.round(zoom.zoom * 100)}%</span>
          <IconButton icon="larger" title="Zoom in (+)" onClick={zoom.larger} />
          <IconButton icon="fit" title="Fit (0)" onClick={zoom.fit} />
        </div>
      </div>
      {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: an application takes the focus and all keys */}
      <div
        ref={viewport}
        className={styles.viewport}
        role="application"
        aria-labelledby={props.labelId}
        aria-describedby={helpId}
        tabIndex={0}
        data-focus=""
        onKeyDown={onKeyDown}
      >
        <Stage
          viewport={viewport}
          address={String(payload[key])}
          zoom={zoom}
          drawing={drawing}
          onLoad={(image) => setSize({ width: image.naturalWidth, height: image.naturalHeight })}
        >
          {boxes.boxes.map((box, n) => (
            <BoxView
              key={n}
              box={n === place && drawing.preview && !drawing.isNew ? drawing.preview : box}
              title={box.label === undefined ? "" : boxes.titleOf(box)}
              colorPlace={boxes.colorPlace(box.label)}
              isSelected={n === place}
            />
          ))}
          {drawing.preview && drawing.isNew ? (
            <BoxView
              box={drawing.preview}
              title=""
              colorPlace={boxes.colorPlace(boxes.label)}
              isSelected={false}
            />
          ) : null}
        </Stage>
      </div>
      {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: see above */}
      <p id={helpId} className={styles.help}>
        Drag to draw, or <Key name=" " /> adds a box. Arrow keys move it, with Shift by 10 pixels,
        with Alt they resize it. <Key name="PageDown" /> goes to the next, <Key name="Delete" />{" "}
        removes it.
      </p>
      <BoxList
        boxes={boxes}
        disabled={disabled}
        onSelect={(at) => {
          boxes.select(at);
          viewport.current?.focus();
        }}
      />
      <Announcement>{boxes.status}</Announcement>
    </Group>
  );
}

/** What is in sight of the image, whose stage is the viewport's only child. */
function sightOf(viewport: HTMLElement, size: { width: number; height: number }): Sight {
  const { scrollLeft, scrollTop, clientWidth, clientHeight, firstElementChild } = viewport;
  const { clientWidth: width = 1, clientHeight: height = 1 } = firstElementChild ?? {};
  return {
    pixel: { x: 1 / size.width, y: 1 / size.height },
    from: { x: scrollLeft / width, y: scrollTop / height },
    to: {
      x: Math.min(1, (scrollLeft + clientWidth) / width),
      y: Math.min(1, (scrollTop + clientHeight) / height),
    },
  };
}

function describe(field: BoxesField, value: Answer): string {
  return boxesOf(value)
    .map(
      (box) =>
        `${box.label ? `${titleOf(field.options ?? [], box.label)} ` : ""}${boxInBrief(box)}`,
    )
    .join("; ");
}

export const boxes: WidgetModule<BoxesField> = {
  Widget: BoxesWidget,
  keys: () => [],
  describe,
  shows: (_, payload) => [imageKey(payload) ?? []].flat(),
  isCompleteAfterKey: false,
};
