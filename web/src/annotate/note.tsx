import { useId } from "react";
import styles from "./note.module.css";

interface Props {
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** A remark for whoever looks at the answer later. */
export function Note({ text, onChange }: Props) {
  const id = useId();
  return (
    <details className={styles.note} open={text !== "" || undefined}>
      <summary>Add a note</summary>
      <label htmlFor={id} className="visually-hidden">
        Note
      </label>
      <textarea
        id={id}
        rows={2}
        maxLength={10000}
        value={text}
        placeholder="What should a reviewer know?"
        onChange={(event) => onChange(event.target.value)}
      />
    </details>
  );
}
