import { type KeyboardEvent, useState } from "react";
import { Dialog } from "../ui/dialog";
import { Key } from "../ui/key";
import type { FieldKey } from "../widgets/widget";
import { COMMANDS, type Command, conflictOf, keyName, keyOfCommand, type OwnKeys } from "./keys";
import styles from "./keys-help.module.css";

interface Props {
  /** The keys of the active field. */
  readonly keys: readonly FieldKey[];
  readonly own: OwnKeys;
  readonly onChange: (own: OwnKeys) => void;
  readonly onClose: () => void;
}

/** All keys that do something now. Those of the commands can be changed here. */
export function KeysHelp({ keys, own, onChange, onClose }: Props) {
  const [asked, setAsked] = useState<Command | null>(null);
  const [problem, setProblem] = useState("");

  function take(event: KeyboardEvent) {
    const key = keyName(event);
    if (asked === null || key === null || ["Shift", "CapsLock"].includes(event.key)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const conflict = event.key === "Escape" ? "" : conflictOf(asked, key, own);
    setProblem(conflict ?? "");
    if (conflict === null) {
      onChange({ ...own, [asked]: key });
    }
    if (!conflict) {
      setAsked(null);
    }
  }

  return (
    <Dialog title="Keys" onClose={onClose} onKeyDown={take}>
      <h3 className={styles.title}>Everywhere</h3>
      <dl className={styles.list}>
        {COMMANDS.map(({ command, title }) => (
          <Entry key={command} keyName={keyOfCommand(command, keys, own)} does={title}>
            {command === "submit" ? null : (
              <button
                type="button"
                className="button quiet"
                aria-label={`Change the key: ${title}`}
                aria-pressed={asked === command}
                onClick={() => {
                  setAsked(command);
                  setProblem("");
                }}
              >
                {asked === command ? "Press a key" : "Change"}
              </button>
            )}
          </Entry>
        ))}
      </dl>
      <p role="alert" className="error">
        {problem}
      </p>
      {Object.keys(own).length ? (
        <button type="button" className="button" onClick={() => onChange({})}>
          Reset all keys
        </button>
      ) : null}
      <KeyList title="This field" entries={keys.map(({ key, title }) => [key, title] as const)} />
      <p className="muted">
        Tab goes to the next field. In a text, Ctrl and Enter submit. A big letter means Shift.
      </p>
    </Dialog>
  );
}

interface EntryProps {
  readonly keyName: string;
  readonly does: string;
  readonly children?: React.ReactNode;
}

interface ListProps {
  readonly title: string;
  readonly entries: readonly (readonly [string, string])[];
}

/** Keys with what each does, under a heading; nothing if there are none. */
export function KeyList({ title, entries }: ListProps) {
  if (entries.length === 0) {
    return null;
  }
  return (
    <>
      <h3 className={styles.title}>{title}</h3>
      <dl className={styles.list}>
        {entries.map(([key, does]) => (
          <Entry key={key} keyName={key} does={does} />
        ))}
      </dl>
    </>
  );
}

function Entry({ keyName: name, does, children }: EntryProps) {
  return (
    <div className={styles.entry}>
      <dt>
        <span className="visually-hidden">{name}</span>
        <Key name={name} />
      </dt>
      <dd>
        {does} {children}
      </dd>
    </div>
  );
}
