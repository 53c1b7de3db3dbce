import { useId } from "react";
import { Option } from "../../ui/option";
import { hotkey, type OptionDefinition, optionKeys, readOptions } from "../options";
import { RadioGroup } from "../radio-group";
import type { Answer, FieldOf, Payload, WidgetModule, WidgetProps } from "../widget";
import styles from "./pairwise.module.css";
import { Panes } from "./panes";

type PairwiseField = FieldOf<"pairwise">;

const TIE = "tie";

/** Which of two is better: side by side in the order of the lease, the tie between the two. */
function Pairwise(props: WidgetProps<PairwiseField>) {
  const { field, value, onChange, payload, disabled, isActive } = props;
  const name = useId();
  const options = readOptions(field.options, props.order);
  const answers = readAnswers(field, props.order);
  const focused = answers.some((one) => one.value === value) ? value : answers[0]?.value;
  return (
    <div>
      {comparedKeys(field, payload).length > 0 ? (
        <Panes options={options} payload={payload} chosen={value} />
      ) : null}
      <RadioGroup widget={props} className={styles.answers}>
        {answers.map((answer) => (
          <Option
            key={answer.value}
            type="radio"
            name={name}
            title={answer.title}
            hotkey={hotkey(props.keys, answer.value, isActive)}
            checked={answer.value === value}
            disabled={disabled}
            takesFocus={answer.value === focused}
            onChoose={() => onChange(answer.value)}
          />
        ))}
      </RadioGroup>
    </div>
  );
}

/** The answers from left to right, so that the keys are in the order of what is seen. */
function readAnswers(field: PairwiseField, order?: readonly string[]) {
  const answers = field.options.toSorted((a, b) => placeIn(order, a) - placeIn(order, b));
  const tie = { value: TIE, title: "About the same" };
  return readOptions(field.tie ? answers.toSpliced(1, 0, tie) : answers);
}

function placeIn(order: readonly string[] | undefined, option: OptionDefinition): number {
  return order?.indexOf(typeof option === "string" ? option : option.value) ?? 0;
}

/** The keys of what is compared: those called as the options are, if the payload has both. */
function comparedKeys(field: PairwiseField, payload: Payload): readonly string[] {
  const keys = readOptions(field.options).map(({ value }) => value);
  return keys.every((key) => key in payload) ? keys : [];
}

function describe(field: PairwiseField, value: Answer): string {
  return readAnswers(field).find((answer) => answer.value === value)?.title ?? "";
}

export const pairwise: WidgetModule<PairwiseField> = {
  Widget: Pairwise,
  keys: (field, order) => optionKeys(readAnswers(field, order), (_, answer) => answer),
  describe,
  shows: comparedKeys,
  isCompleteAfterKey: true,
};
