import { useId } from "react";
import type { WidgetModule, WidgetProps } from "../widget";
import styles from "./text.module.css";
import { answerOf, lengthHint, type TextField } from "./text-value";

/** Free text, with its length in code points where a limit is near. */
function Text(props: WidgetProps<TextField>) {
  const { field, value, onChange } = props;
  const hintId = useId();
  const text = typeof value === "string" ? value : "";
  return (
    <div>
      <textarea
        className={styles.text}
        aria-labelledby={props.labelId}
        aria-describedby={[props.describedBy, hintId].filter(Boolean).join(" ")}
        aria-invalid={props.error !== undefined}
        aria-required={field.required ?? true}
        disabled={props.disabled}
        value={text}
        data-focus=""
        onChange={(event) => onChange(answerOf(field, event.target.value))}
      />
      <p id={hintId} className={styles.hint}>
        {lengthHint(field, text)}
      </p>
    </div>
  );
}

export const text: WidgetModule<TextField> = {
  Widget: Text,
  keys: () => [],
  describe: (_, value) => (typeof value === "string" ? value : ""),
  isCompleteAfterKey: false,
};
