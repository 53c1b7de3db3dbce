import { useState } from "react";
import type { ViewProps } from "../payload";
import styles from "./json.module.css";

/** Lists and objects are shown in steps of this many members. */
const STEP = 100;

/** A value of any shape as a readable tree: objects and lists can be folded. */
export function Json({ value }: ViewProps) {
  const [shown, setShown] = useState(STEP);
  if (typeof value !== "object" || value === null) return <Leaf value={value} />;
  const members = Object.entries(value);
  if (members.length === 0) {
    return <span className={styles.empty}>{Array.isArray(value) ? "empty list" : "empty"}</span>;
  }
  return (
    <ul className={styles.tree}>
      {members.slice(0, shown).map(([key, member]) => (
        <li key={key}>
          <Member name={key} value={member} />
        </li>
      ))}
      {members.length > shown ? (
        <li>
          <button type="button" className={styles.more} onClick={() => setShown(shown + STEP)}>
            Show more ({members.length - shown} left)
          </button>
        </li>
      ) : null}
    </ul>
  );
}

function Member({ name, value }: ViewProps) {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    return (
      <div className={styles.member}>
        <span className={styles.key}>{name}</span>
        <Json name={name} value={value} />
      </div>
    );
  }
  return (
    <details open>
      <summary className={styles.key}>
        {name}
        {Array.isArray(value) ? <span className={styles.empty}> ({value.length})</span> : null}
      </summary>
      <Json name={name} value={value} />
    </details>
  );
}

function Leaf({ value }: { readonly value: unknown }) {
  return (
    <span className={styles.leaf} data-type={typeof value}>
      {String(value)}
    </span>
  );
}
