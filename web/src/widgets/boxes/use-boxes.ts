import { useMemo, useState } from "react";
import { readOptions } from "../options";
import type { WidgetProps } from "../widget";
import { addBox, type BoxesField, boxesOf, boxInWords, replaceBox } from "./boxes-value";
import type { Box } from "./geometry";

/** The state of drawing boxes: the label for the next one, the selected one, and the deeds. */
export function useBoxes({ field, value, onChange, payload, disabled }: WidgetProps<BoxesField>) {
  const options = useMemo(() => readOptions(field.options ?? []), [field.options]);
  const boxes = useMemo(() => boxesOf(value), [value]);
  const [label, setLabel] = useState(options[0]?.value);
  const [selection, setSelection] = useState({ place: -1, payload });
  const place = selection.payload === payload ? selection.place : -1;
  const selected = boxes[place];
  const titles = useMemo(() => new Map(options.map((one) => [one.value, one.title])), [options]);

  const select = (next: number) => setSelection({ place: next, payload });
  const titleOf = (box: Box) => (box.label === undefined ? "Box" : (titles.get(box.label) ?? ""));
  return {
    options,
    boxes,
    label,
    place: selected ? place : -1,
    selected,
    select,
    titleOf,
    colorPlace: (as: string | undefined) => options.findIndex((one) => one.value === as),
    add(box: Box) {
      if (disabled) return;
      const next = addBox(field, boxes, label === undefined ? box : { ...box, label });
      if (next === boxes) return;
      onChange(next);
      select(next.length - 1);
    },
    replace(box: Box) {
      if (!disabled && selected) onChange(replaceBox(boxes, place, box));
    },
    remove(at: number) {
      if (disabled) return;
      onChange(boxes.toSpliced(at, 1));
      select(-1);
    },
    /** Label the selected box, and the next ones. */
    choose(as: string) {
      setLabel(as);
      if (!disabled && selected) onChange(replaceBox(boxes, place, { ...selected, label: as }));
    },
    status: selected
      ? `${titleOf(selected)}, ${place + 1} of ${boxes.length}: ${boxInWords(selected)}`
      : "",
  };
}

export type Boxes = ReturnType<typeof useBoxes>;
