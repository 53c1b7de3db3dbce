import { useId } from "react";
import { otherText } from "../options";
import type { Answer } from "../widget";
import styles from "./choice.module.css";

interface Props {
  readonly value: Answer;
  readonly disabled: boolean;
  readonly onChange: (value: Answer) => void;
}

/** The answer `{other: text}`: what is written here replaces a chosen option. */
export function OtherInput({ value, disabled, onChange }: Props) {
  const id = useId();
  return (
    <div className={styles.other}>
      <label htmlFor={id}>Other</label>
      <input
        id={id}
        type="text"
        maxLength={500}
        disabled={disabled}
        value={otherText(value) ?? ""}
        onChange={(event) => {
          const text = event.target.value;
          onChange(text ? { other: text } : undefined);
        }}
      />
    </div>
  );
}
