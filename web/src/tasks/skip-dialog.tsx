import { type FormEvent, type KeyboardEvent, useId, useState } from "react";
import { Dialog } from "../ui/dialog";
import { Option } from "../ui/option";
import { readOptions } from "../widgets/options";
import type { FieldDefinition } from "../widgets/widget";
import styles from "./skip-dialog.module.css";
import type { Spec } from "./spec";
import type { SkipContent, SkipReason } from "./storage";
import { labelToSend, type Task } from "./task";

interface Props {
  readonly task: Task;
  readonly spec: Spec;
  /** The field in question when two answers fit. */
  readonly field: FieldDefinition;
  readonly onSkip: (content: SkipContent) => void;
  readonly onClose: () => void;
}

const REASONS: readonly (readonly [SkipReason, string])[] = [
  ["two_labels_fit", "Two answers fit"],
  ["guideline_does_not_cover", "No rule covers this"],
  ["bad_data", "The item is broken"],
  ["not_my_skill", "Somebody else can do this"],
  ["other", "Another reason: see my note"],
];

/** Why a task is skipped. Each reason goes to somebody who can do something about it. */
export function SkipDialog({ task, spec, field, onSkip, onClose }: Props) {
  const [reason, setReason] = useState<SkipReason | null>(null);
  const [pair, setPair] = useState<readonly string[]>([]);
  const [note, setNote] = useState("");
  const noteId = useId();
  const options = field.kind === "choice" ? readOptions(field.options) : [];
  const asksPair = reason === "two_labels_fit" && options.length > 1;
  const needsNote = reason === "other" && !note.trim();

  function pick(value: string) {
    setPair(
      pair.includes(value) ? pair.filter((one) => one !== value) : [...pair, value].slice(-2),
    );
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (reason && !needsNote) {
      const labels = reason === "two_labels_fit" ? pairOfLabels(task, spec, field, pair) : null;
      onSkip({ reason, note: note.trim() || null, labels });
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    const isTyping = event.target instanceof HTMLTextAreaElement;
    const chosen = REASONS[Number(event.key) - 1];
    if (!isTyping && !asksPair && chosen) {
      event.preventDefault();
      setReason(chosen[0]);
    } else if (!isTyping && asksPair) {
      const option = options.find((one) => one.key === event.key);
      if (option) {
        event.preventDefault();
        pick(option.value);
      }
    }
  }

  return (
    <Dialog title="Why do you skip this task?" onClose={onClose} onKeyDown={onKeyDown}>
      <form className={styles.form} onSubmit={submit}>
        <div role="radiogroup" aria-label="Reason" className={styles.options}>
          {REASONS.map(([value, title], index) => (
            <Option
              key={value}
              type="radio"
              name="reason"
              title={title}
              hotkey={asksPair ? "" : String(index + 1)}
              checked={reason === value}
              disabled={false}
              takesFocus={index === 0}
              onChoose={() => setReason(value)}
            />
          ))}
        </div>
        {asksPair ? (
          <fieldset className={styles.pair}>
            <legend>Which two? (may be left out)</legend>
            {options.map((option) => (
              <Option
                key={option.value}
                type="checkbox"
                name={option.value}
                title={option.title}
                hotkey={option.key}
                checked={pair.includes(option.value)}
                disabled={false}
                takesFocus={false}
                onChoose={() => pick(option.value)}
              />
            ))}
          </fieldset>
        ) : null}
        <label htmlFor={noteId}>Note{reason === "other" ? "" : " (optional)"}</label>
        <textarea
          id={noteId}
          rows={2}
          maxLength={10000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <button type="submit" className="button primary" disabled={!reason || needsNote}>
          Skip the task
        </button>
      </form>
    </Dialog>
  );
}

/** Return the two labels that differ in `field`; null unless two were picked and both are valid. */
function pairOfLabels(task: Task, spec: Spec, field: FieldDefinition, pair: readonly string[]) {
  const labels = pair.map((value) =>
    labelToSend(spec.labelFields, { ...task.draft.label, [field.name]: value }),
  );
  const areValid = labels.length === 2 && labels.every((one) => spec.check.check(one).length === 0);
  return areValid ? labels : null;
}
