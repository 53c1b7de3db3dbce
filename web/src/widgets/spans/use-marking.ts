import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { CodePoints } from "../code-points";
import { readOptions } from "../options";
import type { WidgetProps } from "../widget";
import { wholeCharacters, wordAt } from "./boundaries";
import { readSelection, scrollToUnit, writeSelection } from "./selection";
import {
  addSpan,
  type Change,
  makeSpan,
  type Passage,
  relabel,
  removeSpan,
  type SpansField,
  spanAt,
  spansOf,
} from "./spans-value";

/** The state of marking in a text: the label for the next mark, the mark at the cursor, the deeds. */
export function useMarking(root: RefObject<HTMLElement | null>, props: WidgetProps<SpansField>) {
  const { field, value, onChange, payload, disabled } = props;
  const text = String(payload[textField(field)] ?? "");
  const points = useMemo(() => new CodePoints(text), [text]);
  const options = useMemo(() => readOptions(field.options ?? []), [field.options]);
  const spans = useMemo(() => spansOf(value), [value]);
  const [label, setLabel] = useState(options[0]?.value);
  const [message, setMessage] = useState("");
  const cursorAfter = useRef<number>(undefined);
  const [current, setCurrent] = useCurrentMark(root, (unit) =>
    spanAt(spans, points.fromUnit(unit)),
  );

  // Marks change the nodes of the text, and with them the selection: put the cursor back.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it runs after each change of the marks
  useLayoutEffect(() => {
    const unit = cursorAfter.current;
    cursorAfter.current = undefined;
    if (unit === undefined || !root.current) return;
    writeSelection(root.current, { start: unit, end: unit });
  }, [spans]);

  const apply = (change: Change, cursor?: number) => {
    setMessage(change.message);
    if (change.spans === spans) return;
    cursorAfter.current = cursor;
    onChange(change.spans);
  };
  const mark = (passage: Passage, as = label, among = spans) => {
    const span = makeSpan(text, points, wholeCharacters(text, passage), as);
    if (span && !disabled) apply(addSpan(field, among, span), points.toUnit(span.end));
  };
  const remove = (place: number) => {
    const span = spans[place];
    if (!disabled && span) apply(removeSpan(spans, place), points.toUnit(span.start));
  };
  /** Mark the selection; without one, label the mark at the cursor anew, or mark the word there. */
  const markAs = (as: string | undefined) => {
    setLabel(as);
    const selected = root.current ? readSelection(root.current) : undefined;
    if (!selected || disabled) return;
    if (selected.end > selected.start) mark(selected, as);
    else if (current >= 0 && as !== undefined) apply(relabel(spans, current, as), selected.start);
    else {
      const word = wordAt(text, selected.start);
      if (word) mark(word, as);
    }
  };
  const show = (place: number) => {
    const unit = points.toUnit(spans[place]?.start ?? 0);
    if (!root.current) return;
    root.current.focus();
    writeSelection(root.current, { start: unit, end: unit });
    scrollToUnit(root.current, unit);
    setCurrent(place);
  };
  return { text, points, options, spans, label, message, current, mark, markAs, remove, show };
}

export function textField(field: SpansField): string {
  return field.text_field ?? "text";
}

/** The mark at the cursor, by its place in the answer; -1 without one. */
function useCurrentMark(root: RefObject<HTMLElement | null>, find: (unit: number) => number) {
  const [current, setCurrent] = useState(-1);
  const latest = useRef(find);
  latest.current = find;
  useEffect(() => {
    const update = () => {
      const selected = root.current ? readSelection(root.current) : undefined;
      if (selected) setCurrent(selected.start === selected.end ? latest.current(selected.end) : -1);
    };
    document.addEventListener("selectionchange", update);
    return () => document.removeEventListener("selectionchange", update);
  }, [root]);
  return [current, setCurrent] as const;
}
