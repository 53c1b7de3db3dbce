import { useId } from "react";
import { Problems } from "./form";
import styles from "./json-tab.module.css";
import type { SpecProblem } from "./problems";

interface Props {
  readonly text: string;
  /** Why the text is not shown in the forms; null if it is. */
  readonly fault: string | null;
  readonly problems: readonly SpecProblem[];
  readonly onType: (text: string) => void;
}

/** The document as JSON text. What is typed here is in the forms at once, and the other way round. */
export function JsonTab({ text, fault, problems, onType }: Props) {
  const id = useId();
  const placed = problems.map((one) => ({
    ...one,
    message: `${one.pointer || "/"}: ${one.message}`,
  }));
  return (
    <div className={styles.json}>
      <label htmlFor={id} className="visually-hidden">
        The specification as JSON
      </label>
      {fault ? (
        <p role="alert" className={`error ${styles.fault}`}>
          {fault} The forms and the preview show the last text that could be read.
        </p>
      ) : (
        <Problems problems={placed} />
      )}
      <textarea
        id={id}
        className={styles.text}
        spellCheck={false}
        aria-invalid={fault !== null || undefined}
        value={text}
        onChange={(event) => onType(event.target.value)}
      />
    </div>
  );
}
