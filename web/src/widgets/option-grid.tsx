import { Option } from "../ui/option";
import styles from "./option-grid.module.css";
import { hotkey, type Option as OptionType } from "./options";
import type { FieldKey } from "./widget";

interface Props {
  readonly type: "radio" | "checkbox";
  readonly name: string;
  readonly options: readonly OptionType[];
  readonly chosen: readonly string[];
  readonly keys: readonly FieldKey[];
  readonly isActive: boolean;
  readonly disabled: boolean;
  readonly onChoose: (value: string) => void;
}

/** Options to choose from, all in sight: one column of a few, several columns of many. */
export function OptionGrid(props: Props) {
  const { options, chosen } = props;
  // One tab stop for radio buttons (the chosen one), and the first of the check boxes.
  const first =
    props.type === "radio" ? options.findIndex(({ value }) => chosen.includes(value)) : 0;
  return (
    <div className={options.length > 6 ? styles.grid : styles.column}>
      {options.map(({ value, title }, index) => (
        <Option
          key={value}
          type={props.type}
          name={props.name}
          title={title}
          hotkey={hotkey(props.keys, value, props.isActive)}
          checked={chosen.includes(value)}
          disabled={props.disabled}
          takesFocus={index === Math.max(first, 0)}
          onChoose={() => props.onChoose(value)}
        />
      ))}
    </div>
  );
}
