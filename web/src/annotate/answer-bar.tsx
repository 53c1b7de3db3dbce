import { type Command, keyOfCommand } from "../keys/keys";
import { useOwnKeys } from "../keys/use-own-keys";
import { Key } from "../ui/key";
import type { FieldKey } from "../widgets/widget";
import styles from "./answer-bar.module.css";

interface Props {
  readonly keys: readonly FieldKey[];
  readonly changeUntil: string | null | undefined;
  readonly cited: readonly string[];
  readonly onCommand: (command: Command) => void;
  readonly onKeepStored: () => void;
}

/** Submit, skip, undo: always at the same place. */
export function AnswerBar({ keys, changeUntil, cited, onCommand, onKeepStored }: Props) {
  const isStored = changeUntil !== undefined;
  return (
    <div className={styles.bar}>
      {isStored ? (
        <p className={styles.hint}>
          {changeUntil
            ? `You are changing a stored answer, until ${timeOf(changeUntil)}.`
            : "You are correcting a stored answer. The first one is kept beside it."}{" "}
          <button type="button" className={styles.link} onClick={onKeepStored}>
            Leave it as it was
          </button>
        </p>
      ) : null}
      {cited.length ? <p className={styles.hint}>Cites {cited.join(", ")}</p> : null}
      <div className={styles.buttons}>
        <button
          type="button"
          className={`button primary ${styles.submit}`}
          onClick={() => onCommand("submit")}
        >
          {isStored ? (changeUntil ? "Change the answer" : "Correct the answer") : "Submit"}
        </button>
        <CommandButton title="Skip" command="skip" keys={keys} onCommand={onCommand} />
        <CommandButton title="Undo" command="undo" keys={keys} onCommand={onCommand} />
      </div>
      <div className={styles.more}>
        <CommandButton title="Guidelines" command="rule" keys={keys} onCommand={onCommand} />
        <CommandButton title="My answers" command="history" keys={keys} onCommand={onCommand} />
        <CommandButton title="Keys" command="help" keys={keys} onCommand={onCommand} />
      </div>
    </div>
  );
}

interface CommandButtonProps {
  readonly title: string;
  readonly command: Command;
  readonly keys: readonly FieldKey[];
  readonly onCommand: (command: Command) => void;
}

function CommandButton({ title, command, keys, onCommand }: CommandButtonProps) {
  const { own } = useOwnKeys();
  return (
    <button type="button" className="button" onClick={() => onCommand(command)}>
      {title} <Key name={keyOfCommand(command, keys, own)} />
    </button>
  );
}

function timeOf(timestamp: string): string {
  return new Date(timestamp).toLocaleTimeString([], { timeStyle: "medium" });
}
