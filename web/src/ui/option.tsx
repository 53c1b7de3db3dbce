import { Key } from "./key";
import styles from "./option.module.css";

interface Props {
  readonly type: "radio" | "checkbox";
  readonly name: string;
  readonly title: string;
  readonly hotkey: string;
  readonly checked: boolean;
  readonly disabled: boolean;
  /** True for the one control of its widget that gets the focus when the field becomes active. */
  readonly takesFocus: boolean;
  readonly onChoose: () => void;
}

/** One thing to choose: a radio button or a check box with its title and its key. */
export function Option(props: Props) {
  return (
    <label className={styles.option}>
      <input
        type={props.type}
        name={props.name}
        checked={props.checked}
        disabled={props.disabled}
        onChange={props.onChoose}
        data-focus={props.takesFocus ? "" : undefined}
      />
      <span className={styles.title}>{props.title}</span>
      {props.hotkey ? <Key name={props.hotkey} /> : null}
    </label>
  );
}
