import { type KeyboardEvent, useId, useState } from "react";
import type { WidgetModule, WidgetProps } from "../widget";
import styles from "./number.module.css";
import { limitsHint, type NumberField, parse, stepFrom } from "./number-value";

/** A number, written with a point or a comma; the arrow keys go to the next step. */
function NumberWidget(props: WidgetProps<NumberField>) {
  const { field, value, onChange, payload } = props;
  const hintId = useId();
  const number = typeof value === "number" ? value : undefined;
  // What was typed is kept while it says the answer (“1.” is 1), and for this item only.
  const [typed, setTyped] = useState({ text: "", payload });
  const isCurrent = typed.payload === payload && parse(typed.text) === number;
  const text = isCurrent ? typed.text : String(number ?? "");
  const isUnreadable = text.trim() !== "" && number === undefined;

  const change = (next: string) => {
    setTyped({ text: next, payload });
    onChange(parse(next));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : undefined;
    if (!direction) return;
    event.preventDefault();
    change(String(stepFrom(field, number, direction)));
  };
  return (
    <div>
      <div className={styles.row}>
        <input
          type="text"
          inputMode="decimal"
          role="spinbutton"
          autoComplete="off"
          aria-labelledby={props.labelId}
          aria-describedby={[props.describedBy, hintId].filter(Boolean).join(" ")}
          aria-invalid={isUnreadable || props.error !== undefined}
          aria-required={field.required ?? true}
          aria-valuenow={number}
          aria-valuemin={field.minimum}
          aria-valuemax={field.maximum}
          disabled={props.disabled}
          value={text}
          data-focus=""
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <span id={hintId} className={styles.hint}>
          {limitsHint(field)}
        </span>
      </div>
      <p className={styles.problem} role="status">
        {isUnreadable ? "This is not a number: write digits, such as 12 or 3.5." : ""}
      </p>
    </div>
  );
}

export const number: WidgetModule<NumberField> = {
  Widget: NumberWidget,
  keys: () => [],
  describe: (_, value) => (typeof value === "number" ? String(value) : ""),
  isCompleteAfterKey: false,
};
