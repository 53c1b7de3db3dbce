import type { ReactNode } from "react";
import styles from "./pill.module.css";

export type Tone = "plain" | "good" | "warning" | "danger";

interface Props {
  readonly tone?: Tone | undefined;
  readonly children: ReactNode;
}

/** A state in a word. */
export function Pill({ tone = "plain", children }: Props) {
  return (
    <span className={styles.pill} data-tone={tone}>
      {children}
    </span>
  );
}
