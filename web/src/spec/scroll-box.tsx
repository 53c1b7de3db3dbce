import type { ReactNode } from "react";
import styles from "./issues.module.css";

interface Props {
  readonly label: string;
  readonly children: ReactNode;
}

/** A part that is scrolled sideways when it is wider than its place. */
export function ScrollBox({ label, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
    <section aria-label={label} tabIndex={0} className={styles.scroll}>
      {children}
    </section>
  );
}
