import { type ReactNode, useId } from "react";
import styles from "./card.module.css";

interface Props {
  readonly title: string;
  /** Controls that stand beside the title. */
  readonly controls?: ReactNode;
  readonly isWide?: boolean;
  readonly children: ReactNode;
}

/** One part of a view, with a heading. */
export function Card({ title, controls, isWide = false, children }: Props) {
  const id = useId();
  return (
    <section className={styles.card} aria-labelledby={id} data-wide={isWide}>
      <div className={styles.head}>
        <h2 id={id} className={styles.title}>
          {title}
        </h2>
        {controls}
      </div>
      {children}
    </section>
  );
}

/** What stands in the place of something that is not there yet: why, and what to do next. */
export function Empty({ children }: { readonly children: ReactNode }) {
  return <div className={styles.empty}>{children}</div>;
}
