import { Option } from "../../ui/option";
import { otherText, readOptions } from "../options";
import type { Answer, FieldOf, WidgetModule, WidgetProps } from "../widget";
import styles from "./choice.module.css";
import { OtherInput } from "./other-input";

type ChoiceField = FieldOf<"choice">;

/** One option of several, as radio buttons; with `other` also a text of one's own. */
function Choice(props: WidgetProps<ChoiceField>) {
  const { field, value, onChange, disabled, order, labelId, describedBy, error } = props;
  const options = readOptions(field.options, order);
  const chosen = options.findIndex((option) => option.value === value);

  return (
    <div
      role="radiogroup"
      aria-labelledby={labelId}
      aria-describedby={describedBy}
      aria-invalid={error !== undefined}
      aria-required={field.required ?? true}
      className={styles.options}
    >
      {options.map((option, index) => (
        <Option
          key={option.value}
          type="radio"
          name={field.name}
          title={option.title}
          hotkey={props.isActive ? option.key : ""}
          checked={option.value === value}
          disabled={disabled}
          takesFocus={index === Math.max(chosen, 0)}
          onChoose={() => onChange(option.value)}
        />
      ))}
      {field.other ? <OtherInput value={value} disabled={disabled} onChange={onChange} /> : null}
    </div>
  );
}

function keys(field: ChoiceField, order?: readonly string[]) {
  return readOptions(field.options, order)
    .filter((option) => option.key)
    .map(({ key, title, value }) => ({ key, title, option: value, apply: () => value }));
}

function describe(field: ChoiceField, value: Answer): string {
  const option = readOptions(field.options).find((one) => one.value === value);
  return option?.title ?? otherText(value) ?? "";
}

export const choice: WidgetModule<ChoiceField> = {
  Widget: Choice,
  keys,
  describe,
  isCompleteAfterKey: true,
};
