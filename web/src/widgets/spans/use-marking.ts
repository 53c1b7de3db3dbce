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
  type Span,
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
  const [said, setSaid] = useState({ message: "", payload });
  const cursorAfter = useRef<number>(undefined);
  const cursor = useCursor(root);
  // Of several marks at the cursor the shortest is meant, unless another one was shown by the list.
  const [shown, setShown] = useState<{ readonly unit: number; readonly span: Span }>();
  const markAt = (unit: number) => {
    const place = shown?.unit === unit ? spans.indexOf(shown.span) : -1;
    return place >= 0 ? place : spanAt(spans, points.fromUnit(unit));
  };
  const current = cursor === undefined ? -1 : markAt(cursor);

  // Marks change the nodes of the text, and with them the selection: put the cursor back.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it runs after each change of the marks
  useLayoutEffect(() => {
    const unit = cursorAfter.current;
    cursorAfter.current = undefined;
    if (unit === undefined || !root.current) return;
    writeSelection(root.current, { start: unit, end: unit });
  }, [spans]);

  const apply = (change: Change, cursor?: number) => {
    setSaid({ message: change.message, payload });
    if (change.spans === spans) return;
    cursorAfter.current = cursor;
    onChange(change.spans);
  };
  const mark = (passage: Passage, as = label, among = spans) => {
    const span = makeSpan(text, points, wholeCharacters(text, passage), as);
    if (span && !disabled) apply(addSpan(field, among, span), points.toUnit(span.end));
  };
  const remove = (span: Span) => {
    if (!disabled) apply(removeSpan(field, spans, span), points.toUnit(span.start));
  };
  /** Mark the selection; without one, label the mark at the cursor anew, or mark the word there. */
  const markAs = (as: string | undefined) => {
    setLabel(as);
    const selected = root.current ? readSelection(root.current) : undefined;
    if (!selected || disabled) return;
    const place = markAt(selected.start);
    if (selected.end > selected.start) mark(selected, as);
    else if (place >= 0 && as !== undefined)
      apply(relabel(field, spans, place, as), selected.start);
    else {
      const word = wordAt(text, selected.start);
      if (word) mark(word, as);
    }
  };
  const show = (span: Span) => {
    const unit = points.toUnit(span.start);
    if (!root.current) return;
    root.current.focus();
    writeSelection(root.current, { start: unit, end: unit });
    scrollToUnit(root.current, unit);
    setShown({ unit, span });
  };
  const message = said.payload === payload ? said.message : "";
  return {
    text,
    points,
    options,
    spans,
    label,
    message,
    current,
    mark,
    markAs,
    markAt,
    remove,
    show,
  };
}

export function textField(field: SpansField): string {
  return field.text_field ?? "text";
}

/** The unit before which the cursor stands; undefined while something is selected. */
function useCursor(root: RefObject<HTMLElement | null>): number | undefined {
  const [cursor, setCursor] = useState<number>();
  useEffect(() => {
    const update = () => {
      const selected = root.current ? readSelection(root.current) : undefined;
      if (selected) setCursor(selected.start === selected.end ? selected.start : undefined);
    };
    document.addEventListener("selectionchange", update);
    return () => document.removeEventListener("selectionchange", update);
  }, [root]);
  return cursor;
}
