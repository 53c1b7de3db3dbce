import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { sentenceAt, wordAt } from "./boundaries";
import { readSelection } from "./selection";
import type { Passage } from "./spans-value";
import type { useMarking } from "./use-marking";

type Marking = ReturnType<typeof useMarking>;

/** The keys and the mouse in the text. */
export function useTextEvents(root: RefObject<HTMLElement | null>, marking: Marking) {
  const clicked = useRef(0);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !root.current) return;
    // The browser tells of a moved cursor only later, and a quick key may come before that.
    const selected = readSelection(root.current);
    const run = selected && deedOf(event.key, marking, selected);
    if (!run) return;
    run();
    event.preventDefault();
  };
  /** A drag marks what it selected, a double click the word, a triple click the sentence instead. */
  const onMouseUp = (event: MouseEvent) => {
    const selected = root.current && event.button === 0 ? readSelection(root.current) : undefined;
    if (!selected) return;
    if (event.detail > 1) markAround(marking, clicked.current, event.detail);
    else if (selected.end > selected.start) marking.mark(selected);
    else clicked.current = selected.start;
  };
  return { onKeyDown, onMouseUp };
}

/** What a key does with the selection, or with the mark at the cursor; undefined for all others. */
function deedOf(key: string, marking: Marking, { start, end }: Passage): (() => void) | undefined {
  const option = marking.options.find((one) => one.key === key);
  if (option) return () => marking.markAs(option.value);
  if (end > start) {
    if (key === "Enter") return () => marking.markAs(marking.label);
    return key === "Escape" ? () => document.getSelection()?.collapseToEnd() : undefined;
  }
  const span = marking.spans[marking.markAt(start)];
  return key === "Delete" && span ? () => marking.remove(span) : undefined;
}

function markAround(marking: Marking, unit: number, clicks: number): void {
  const { text, spans, label } = marking;
  const passage = clicks === 2 ? wordAt(text, unit) : sentenceAt(text, unit);
  if (passage) marking.mark(passage, label, clicks === 2 ? spans : withoutWord(marking, unit));
}

/** The spans without that of the word at a unit, which the double click before marked. */
function withoutWord({ spans, text, points, label }: Marking, unit: number) {
  const word: Passage | undefined = wordAt(text, unit);
  if (!word) return spans;
  const [start, end] = [points.fromUnit(word.start), points.fromUnit(word.end)];
  return spans.filter((one) => one.start !== start || one.end !== end || one.label !== label);
}

/**
 * Keep a text that can have a cursor, and so is editable for the browser, as it is. Input by a
 * composition cannot be refused, so after one the text is drawn anew: under another `revision`.
 */
export function useUnchangedText(root: RefObject<HTMLElement | null>): number {
  const [revision, setRevision] = useState(0);
  useLayoutEffect(() => {
    const element = root.current;
    const refuse = (event: Event) => event.preventDefault();
    const renew = () => setRevision((last) => last + 1);
    element?.addEventListener("beforeinput", refuse);
    element?.addEventListener("dragstart", refuse);
    element?.addEventListener("compositionend", renew);
    return () => {
      element?.removeEventListener("beforeinput", refuse);
      element?.removeEventListener("dragstart", refuse);
      element?.removeEventListener("compositionend", renew);
    };
  }, [root]);
  return revision;
}
