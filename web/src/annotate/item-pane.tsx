import { type Ref, Suspense } from "react";
import { classify, type PayloadPart } from "../payload/payload";
import { VIEWS } from "../payload/registry";
import type { Payload } from "../widgets/widget";
import styles from "./annotate.module.css";
import own from "./item-pane.module.css";

interface Props {
  readonly ref: Ref<HTMLElement>;
  readonly payload: Payload;
}

/** The item to label. */
export function ItemPane({ ref, payload }: Props) {
  const parts = classify(payload);
  return (
    <section
      ref={ref}
      aria-label="Item"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
      tabIndex={0}
      className={`${styles.pane} ${styles.item}`}
    >
      {parts.map((part) => (
        <Part key={part.key} part={part} hasHeading={parts.length > 1} />
      ))}
    </section>
  );
}

function Part({ part, hasHeading }: { readonly part: PayloadPart; readonly hasHeading: boolean }) {
  const View = VIEWS[part.kind];
  return (
    <div className={own.part}>
      {hasHeading ? <h2 className={own.heading}>{part.key}</h2> : null}
      <Suspense fallback={<span className="muted">Loading …</span>}>
        <View name={part.key} value={part.value} />
      </Suspense>
    </div>
  );
}
