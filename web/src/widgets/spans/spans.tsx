import { Fragment, useMemo, useRef } from "react";
import { Key } from "../../ui/key";
import { Group } from "../group";
import { MarkLabels } from "../mark-labels";
import { titleOf } from "../options";
import type { Answer, WidgetModule, WidgetProps } from "../widget";
import { Chunk } from "./chunk";
import { chunksOf, lanesOf, type Mark, marksByChunk } from "./layout";
import { SpanList } from "./span-list";
import styles from "./spans.module.css";
import { type SpansField, spansOf } from "./spans-value";
import { textField, useMarking } from "./use-marking";
import { useTextEvents, useUnchangedText } from "./use-text-events";

/** Passages of the item's text: selected with the mouse or with Shift and the arrow keys. */
function Spans(props: WidgetProps<SpansField>) {
  const { disabled, labelId, describedBy } = props;
  const root = useRef<HTMLDivElement>(null);
  const marking = useMarking(root, props);
  const { text, points, options, spans, message, current } = marking;
  const events = useTextEvents(root, marking);
  const revision = useUnchangedText(root);

  const places = useMemo(
    () => new Map(options.map(({ value }, place) => [value, place])),
    [options],
  );
  const titles = useMemo(
    () => new Map(options.map(({ value, title }) => [value, title])),
    [options],
  );
  const chunks = useMemo(() => chunksOf(text), [text]);
  const marks = useMemo((): Mark[][] => {
    const passages = spans.map(({ start, end }) => ({
      start: points.toUnit(start),
      end: points.toUnit(end),
    }));
    const lanes = lanesOf(passages);
    const all = passages.map((passage, place) => ({
      ...passage,
      place,
      lane: lanes[place] ?? 0,
      label: spans[place]?.label,
    }));
    return marksByChunk(chunks, all);
  }, [spans, points, chunks]);

  const deeds = useRef(marking);
  deeds.current = marking;

  return (
    <Group labelId={labelId} describedBy={describedBy}>
      <div className={styles.bar}>
        <MarkLabels
          options={options}
          chosen={marking.label}
          title="Label for the next mark"
          isActive={props.isActive}
          disabled={disabled}
          onChoose={marking.markAs}
        />
        <p className={styles.status} role="status">
          {message || <Help hasLabels={options.length > 0} />}
        </p>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: no input can show marks */}
      <div
        ref={root}
        className={styles.text}
        role="textbox"
        aria-multiline="true"
        aria-readonly="true"
        aria-labelledby={labelId}
        tabIndex={0}
        data-focus=""
        contentEditable
        suppressContentEditableWarning
        spellCheck={false}
        inputMode="none"
        {...events}
      >
        <Fragment key={revision}>
          {chunks.map((chunk, n) => (
            <Chunk
              key={chunk.start}
              {...chunk}
              text={text}
              marks={marks[n] ?? []}
              places={places}
              titles={titles}
              current={current}
            />
          ))}
        </Fragment>
      </div>
      <SpanList spans={spans} places={places} titles={titles} disabled={disabled} deeds={deeds} />
    </Group>
  );
}

function Help({ hasLabels }: { readonly hasLabels: boolean }) {
  return (
    <>
      Drag, or Shift and the arrow keys, then <Key name="Enter" />
      {hasLabels ? " or a label’s key" : ""}. <Key name="Delete" /> removes the mark at the cursor.
    </>
  );
}

function describe(field: SpansField, value: Answer): string {
  return spansOf(value)
    .map(({ quote, label }) =>
      label ? `${quote} (${titleOf(field.options ?? [], label)})` : quote,
    )
    .join(", ");
}

export const spans: WidgetModule<SpansField> = {
  Widget: Spans,
  keys: () => [],
  describe,
  shows: (field) => [textField(field)],
  isCompleteAfterKey: false,
};
