import { useState } from "react";
import { IconButton } from "../widgets/icon-button";
import type { OptionDefinition } from "../widgets/options";
import { moved, removed, replaced } from "./edits";
import { Problems } from "./form";
import { asOption, makeOption, optionsToText, textToOptions } from "./option-text";
import styles from "./options-editor.module.css";
import { elementId, problemsAt, type SpecProblem } from "./problems";

interface Props {
  readonly options: readonly OptionDefinition[];
  readonly place: string;
  readonly problems: readonly SpecProblem[];
  readonly onChange: (options: readonly OptionDefinition[]) => void;
}

/** Beyond this number single inputs are slow, and nobody types so many by hand. */
const ROWS_MAX = 40;

/** The options of a field, as rows of inputs or as lines of text. */
export function OptionsEditor({ options, place, problems, onChange }: Props) {
  const text = optionsToText(options);
  const [wantsText, setWantsText] = useState(options.length > ROWS_MAX);
  const isText = wantsText && text !== undefined;
  return (
    <fieldset className={styles.options} id={elementId(place)} tabIndex={-1}>
      <legend className={styles.legend}>Options</legend>
      <Problems problems={problemsAt(problems, place)} />
      {isText ? (
        <OptionLines text={text} onChange={onChange} />
      ) : (
        <OptionRows options={options} place={place} problems={problems} onChange={onChange} />
      )}
      <div className={styles.buttons}>
        {isText ? null : (
          <button
            type="button"
            className="button"
            onClick={() => onChange([...options, `option ${options.length + 1}`])}
          >
            Add an option
          </button>
        )}
        {text === undefined ? null : (
          <button type="button" className="button quiet" onClick={() => setWantsText(!isText)}>
            {isText ? "Edit one by one" : "Edit as lines"}
          </button>
        )}
      </div>
    </fieldset>
  );
}

function OptionLines({ text, onChange }: { text: string; onChange: Props["onChange"] }) {
  const [typed, setTyped] = useState(text);
  return (
    <>
      <p className="muted">
        One option a line: value | title | key. A title such as “Animals &gt; Mammals &gt; Cat” is a
        path in a list that is searched.
      </p>
      <textarea
        aria-label="Options, one a line"
        className={styles.lines}
        rows={10}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          onChange(textToOptions(event.target.value));
        }}
      />
    </>
  );
}

function OptionRows({ options, place, problems, onChange }: Props) {
  return (
    <ol className={styles.rows}>
      {options.map((option, index) => (
        <li key={index} className={styles.row}>
          <OptionInputs
            option={option}
            number={index + 1}
            isInvalid={problemsAt(problems, `${place}/${index}`).length > 0}
            onChange={(next) => onChange(replaced(options, index, next))}
          />
          <span className={styles.actions}>
            <IconButton
              icon="up"
              title={`Move option ${index + 1} up`}
              disabled={index === 0}
              onClick={() => onChange(moved(options, index, -1))}
            />
            <IconButton
              icon="down"
              title={`Move option ${index + 1} down`}
              disabled={index === options.length - 1}
              onClick={() => onChange(moved(options, index, 1))}
            />
            <IconButton
              icon="remove"
              title={`Remove option ${index + 1}`}
              onClick={() => onChange(removed(options, index))}
            />
          </span>
        </li>
      ))}
    </ol>
  );
}

interface InputsProps {
  readonly option: OptionDefinition;
  readonly number: number;
  readonly isInvalid: boolean;
  readonly onChange: (option: OptionDefinition) => void;
}

function OptionInputs({ option, number, isInvalid, onChange }: InputsProps) {
  const { value, title = "", key = "" } = asOption(option);
  return (
    <>
      <input
        type="text"
        aria-label={`Value of option ${number}`}
        aria-invalid={isInvalid || undefined}
        placeholder="value"
        value={value}
        onChange={(event) => onChange(makeOption(event.target.value, title, key))}
      />
      <input
        type="text"
        aria-label={`Title of option ${number}`}
        placeholder={value || "title"}
        value={title}
        onChange={(event) => onChange(makeOption(value, event.target.value, key))}
      />
      <input
        type="text"
        aria-label={`Key of option ${number}`}
        placeholder="key"
        value={key}
        onChange={(event) => onChange(makeOption(value, title, event.target.value))}
      />
    </>
  );
}
