import { Key } from "../ui/key";
import type { FieldKey } from "../widgets/widget";
import { type DecisionCommand, keyOfDecision } from "./commands";
import styles from "./decision-panel.module.css";

interface Props {
  readonly keys: readonly FieldKey[];
  readonly has: (command: DecisionCommand) => boolean;
  readonly onCommand: (command: DecisionCommand) => void;
}

const MORE: readonly (readonly [DecisionCommand, string])[] = [
  ["rule", "Rules"],
  ["decided", "Decided"],
  ["waiting", "Waiting"],
  ["help", "Keys"],
];

/** Submit, skip, undo: always at the same place. */
export function DecisionBar({ keys, has, onCommand }: Props) {
  const button = (command: DecisionCommand, title: string) => (
    <button key={command} type="button" className="button" onClick={() => onCommand(command)}>
      {title} <Key name={keyOfDecision(command, keys)} />
    </button>
  );
  return (
    <div className={styles.bar}>
      <div className={styles.buttons}>
        <button
          type="button"
          className={`button primary ${styles.submit}`}
          onClick={() => onCommand("submit")}
        >
          Decide
        </button>
        {button("skip", "Skip")}
        {button("undo", "Undo")}
      </div>
      <div className={styles.more}>
        {MORE.filter(([command]) => has(command)).map(([command, title]) => button(command, title))}
      </div>
    </div>
  );
}
