import { type KeyboardEvent, useId, useState } from "react";
import { classify } from "../src/payload/payload";
import { PayloadView } from "../src/payload/payload-view";
import type { Widgets } from "../src/widgets/registry";
import type { WidgetModule } from "../src/widgets/widget";
import styles from "./gallery.module.css";
import type { FieldSample, Samples } from "./samples";

interface Props {
  readonly samples: Samples;
  readonly widgets: Widgets;
}

/** Every widget and every payload viewer on one page, with the answers as JSON. */
export function Gallery({ samples, widgets }: Props) {
  return (
    <main className={styles.gallery}>
      <h1>Widgets and payload viewers</h1>
      {samples.fields.map((sample) => {
        const module = widgets.get(sample.field.kind);
        return module && <FieldCard key={sample.field.name} sample={sample} module={module} />;
      })}
      {classify(samples.payloads).map(({ key, kind, value }) => (
        <section key={key} className={styles.card} data-payload={key} data-kind={kind}>
          <h2>{key}</h2>
          <PayloadView name={key} value={value} />
        </section>
      ))}
    </main>
  );
}

interface CardProps {
  readonly sample: FieldSample;
  readonly module: WidgetModule;
}

function FieldCard({ sample, module: { Widget, keys, describe } }: CardProps) {
  const { field, payload, order, error } = sample;
  const [value, setValue] = useState<unknown>(sample.value);
  const labelId = useId();
  const fieldKeys = keys(field, order);
  const onKeyDown = (event: KeyboardEvent) => {
    const isText =
      event.target instanceof Element && event.target.matches("input[type=text], textarea");
    const key = fieldKeys.find((one) => one.key === event.key);
    if (key && !isText && !event.defaultPrevented) setValue(key.apply(value));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: stands for the screen, which runs the keys
    <section className={styles.card} data-field={field.name} onKeyDown={onKeyDown}>
      <h2 id={labelId}>{field.title ?? field.name}</h2>
      <Widget
        field={field}
        value={value}
        onChange={setValue}
        payload={payload}
        order={order}
        disabled={false}
        isActive
        labelId={labelId}
        describedBy={undefined}
        error={error}
        keys={fieldKeys}
      />
      <p className={styles.answer}>{value === undefined ? "No answer" : describe(field, value)}</p>
      <output hidden data-answer>
        {JSON.stringify(value)}
      </output>
    </section>
  );
}
