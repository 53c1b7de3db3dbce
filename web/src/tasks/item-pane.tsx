import type { Ref } from "react";
import { classify, type PayloadPart } from "../payload/payload";
import { PayloadView } from "../payload/payload-view";
import type { Payload } from "../widgets/widget";
import own from "./item-pane.module.css";
import styles from "./panes.module.css";

interface Props {
  readonly ref?: Ref<HTMLElement> | undefined;
  readonly payload: Payload;
  /** The keys of the payload that the widgets of the fields show. */
  readonly shownByWidgets: ReadonlySet<string>;
}

/** The item to label, without the parts that the widgets of its fields show. */
export function ItemPane({ ref, payload, shownByWidgets }: Props) {
  const all = classify(payload);
  const parts = all.filter((part) => !shownByWidgets.has(part.key));
  return (
    <section
      ref={ref}
      aria-label="Item"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
      tabIndex={0}
      className={`${styles.pane} ${styles.item}`}
    >
      {parts.length === 0 ? <p className="muted">The item is shown with its question.</p> : null}
      {parts.map((part) => (
        <Part key={part.key} part={part} hasHeading={all.length > 1} />
      ))}
    </section>
  );
}

function Part({ part, hasHeading }: { readonly part: PayloadPart; readonly hasHeading: boolean }) {
  return (
    <div className={own.part}>
      {hasHeading ? <h2 className={own.heading}>{part.key}</h2> : null}
      <PayloadView name={part.key} value={part.value} />
    </div>
  );
}
