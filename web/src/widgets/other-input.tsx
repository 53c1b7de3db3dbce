import { useId } from "react";
import { clip, storable } from "./code-points";
import { OTHER_MAX, otherText } from "./options";
import styles from "./other-input.module.css";
import type { Answer } from "./widget";

interface Props {
  readonly value: Answer;
  readonly disabled: boolean;
  readonly onChange: (value: { readonly other: string } | undefined) => void;
}

/** The answer `{other: text}`: an answer of one's own where no option fits. */
export function OtherInput({ value, disabled, onChange }: Props) {
  const id = useId();
  return (
    <div className={styles.other}>
      <label htmlFor={id}>Other</label>
      <input
        id={id}
        type="text"
        disabled={disabled}
        value={otherText(value) ?? ""}
        onChange={(event) => onChange(otherAnswer(event.target.value))}
      />
    </div>
  );
}

/** The answer that a text stands for; none while the text is blank. */
export function otherAnswer(typed: string): { readonly other: string } | undefined {
  const text = clip(storable(typed), OTHER_MAX);
  return VISIBLE.test(text) ? { other: text } : undefined;
}

/** What the label schema takes for a character that can be seen. */
const VISIBLE = /[^\s\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff]/;
