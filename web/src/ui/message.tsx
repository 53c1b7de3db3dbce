import type { ReactNode } from "react";
import { Logo } from "./logo";
import styles from "./message.module.css";

interface Props {
  readonly title: string;
  readonly children?: ReactNode;
}

/** A whole page that says one thing. */
export function Message({ title, children }: Props) {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Logo />
        <h1 className={styles.title}>{title}</h1>
        {children}
      </div>
    </main>
  );
}
