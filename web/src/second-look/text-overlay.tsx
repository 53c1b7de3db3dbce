import { useMemo } from "react";
import { CodePoints } from "../widgets/code-points";
import { titleOf } from "../widgets/options";
import { Chunk } from "../widgets/spans/chunk";
import { chunksOf, marksByChunk } from "../widgets/spans/layout";
import type { SpansField } from "../widgets/spans/spans-value";
import { textField } from "../widgets/spans/use-marking";
import type { Payload } from "../widgets/widget";
import { type Layer, layeredMarks } from "./layers";
import styles from "./overlays.module.css";

interface Props {
  readonly field: SpansField;
  readonly payload: Payload;
  readonly layers: readonly Layer[];
}

const NO_MARK = -1;

/** The text with the passages that each annotator marked, in the colour of the annotator. */
export function TextOverlay({ field, payload, layers }: Props) {
  const text = String(payload[textField(field)] ?? "");
  const chunks = useMemo(() => chunksOf(text), [text]);
  const points = useMemo(() => new CodePoints(text), [text]);
  const { marks, places, titles } = layeredMarks(layers, field.name, points, (label) =>
    titleOf(field.options ?? [], label),
  );
  const byChunk = marksByChunk(chunks, marks);
  return (
    <div className={styles.text}>
      {chunks.map((chunk, at) => (
        <Chunk
          key={chunk.start}
          {...chunk}
          text={text}
          marks={byChunk[at] ?? []}
          places={places}
          titles={titles}
          current={NO_MARK}
        />
      ))}
    </div>
  );
}
