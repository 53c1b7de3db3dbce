import type { ViewProps } from "../payload";
import styles from "./json.module.css";

/** A value of any shape as a readable tree: objects and lists can be folded. */
export function Json({ value }: ViewProps) {
  if (typeof value !== "object" || value === null) {
    return <span className={styles.leaf}>{String(value)}</span>;
  }
  return (
    <ul className={styles.tree}>
      {Object.entries(value).map(([key, member]) => (
        <li key={key}>
          <Member name={key} value={member} />
        </li>
      ))}
    </ul>
  );
}

function Member({ name, value }: ViewProps) {
  if (typeof value !== "object" || value === null) {
    return (
      <>
        <span className={styles.key}>{name}</span> <Json name={name} value={value} />
      </>
    );
  }
  return (
    <details open>
      <summary className={styles.key}>{name}</summary>
      <Json name={name} value={value} />
    </details>
  );
}
