import { useMemo, useState } from "react";
import type { Payload } from "../widgets/widget";
import type { SpecDocument } from "./document";
import { Preview } from "./preview";
import styles from "./preview.module.css";
import { examplePayload, typedPayload } from "./sample";

/** A real item of the project. */
export interface SampleItem {
  readonly id: string;
  readonly title: string;
  readonly payload: Payload;
}

interface Props {
  readonly project: string;
  readonly version: number;
  readonly document: SpecDocument | null;
  readonly labelSchema: Readonly<Record<string, unknown>>;
  readonly items: readonly SampleItem[];
}

const EXAMPLE = "example";
const TYPED = "typed";

/** The preview, and the choice of the item that it shows. */
export function PreviewPane({ project, version, document, labelSchema, items }: Props) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [text, setText] = useState("");
  const id = chosen ?? items[0]?.id ?? EXAMPLE;
  const fields = document?.fields;
  const payload = useMemo(() => {
    const item = items.find((one) => one.id === id);
    return item?.payload ?? (id === TYPED ? typedPayload(text) : examplePayload(fields ?? []));
  }, [items, id, text, fields]);

  return (
    <section aria-label="Preview" className={styles.preview}>
      <div className={styles.head}>
        <h2 className={styles.title}>What annotators see</h2>
        <label className={styles.sample}>
          Item
          <select value={id} onChange={(event) => setChosen(event.target.value)}>
            {items.map((item) => (
              <option key={item.id} value={item.id}>
                {item.title}
              </option>
            ))}
            <option value={EXAMPLE}>an example</option>
            <option value={TYPED}>one that I type</option>
          </select>
        </label>
        {id === TYPED ? (
          <div className={styles.typed}>
            <textarea
              rows={3}
              aria-label="The item to try: a text, or a payload as JSON"
              placeholder="A text, or a payload as JSON"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
        ) : null}
      </div>
      <Preview
        project={project}
        version={version}
        document={document}
        labelSchema={labelSchema}
        payload={payload}
      />
    </section>
  );
}
