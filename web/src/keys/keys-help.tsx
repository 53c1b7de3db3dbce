import { Dialog } from "../ui/dialog";
import { Key } from "../ui/key";
import type { FieldKey } from "../widgets/widget";
import { COMMANDS, keyOfCommand } from "./keys";
import styles from "./keys-help.module.css";

interface Props {
  /** The keys of the active field. */
  readonly keys: readonly FieldKey[];
  readonly onClose: () => void;
}

/** All keys that do something now. */
export function KeysHelp({ keys, onClose }: Props) {
  const commands = COMMANDS.map(
    ({ command, title }) => [keyOfCommand(command, keys), title] as const,
  );
  return (
    <Dialog title="Keys" onClose={onClose}>
      <KeyList title="Everywhere" entries={commands} />
      <KeyList title="This field" entries={keys.map(({ key, title }) => [key, title] as const)} />
      <p className="muted">
        Tab goes to the next field. In a text, Ctrl and Enter submit. A big letter means Shift.
      </p>
    </Dialog>
  );
}

interface ListProps {
  readonly title: string;
  readonly entries: readonly (readonly [string, string])[];
}

export function KeyList({ title, entries }: ListProps) {
  if (entries.length === 0) {
    return null;
  }
  return (
    <>
      <h3 className={styles.title}>{title}</h3>
      <dl className={styles.list}>
        {entries.map(([key, does]) => (
          <div key={key} className={styles.entry}>
            <dt>
              <span className="visually-hidden">{key}</span>
              <Key name={key} />
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
