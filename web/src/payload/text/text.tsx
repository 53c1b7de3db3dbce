import type { ViewProps } from "../payload";
import styles from "./text.module.css";

/** Plain text as it was written: its lines and spaces are kept. */
export function Text({ value }: ViewProps) {
  return <div className={styles.text}>{String(value)}</div>;
}
