import { useState } from "react";
import { Markdown } from "../../ui/markdown";
import {
  optionLines,
  type TemplateDocument,
  type TemplateField,
  withOptionLines,
} from "./fill-template";
import styles from "./new-project.module.css";

interface Props {
  readonly document: TemplateDocument;
  readonly onChange: (at: number, field: TemplateField) => void;
}

/** The fields of the chosen template, with their questions and options to be changed, and its rules. */
export function TemplateFields({ document, onChange }: Props) {
  return (
    <>
      <div className={styles.fields}>
        {document.fields.map((field, at) => (
          <Field key={field.name} field={field} onChange={(changed) => onChange(at, changed)} />
        ))}
      </div>
      {document.guidelines?.length ? (
        <details>
          <summary>
            Its {document.guidelines.length} rules, which the spec owner can change later
          </summary>
          <dl className={styles.rules}>
            {document.guidelines.map((rule) => (
              <div key={rule.id}>
                <dt>{rule.id}</dt>
                <dd>
                  <Markdown text={rule.text} />
                </dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
    </>
  );
}

interface FieldProps {
  readonly field: TemplateField;
  readonly onChange: (field: TemplateField) => void;
}

function Field({ field, onChange }: FieldProps) {
  // The text as it is typed: the options in it may be unfinished.
  const [lines, setLines] = useState(() => optionLines(field));
  return (
    <div className={styles.field}>
      <label>
        <span>Question</span>
        <input
          type="text"
          value={field.title ?? field.name}
          onChange={(event) => onChange({ ...field, title: event.target.value })}
        />
      </label>
      {field.options ? (
        <label>
          <span>Options, one on each line</span>
          <textarea
            rows={Math.min(field.options.length + 1, 8)}
            value={lines}
            onChange={(event) => {
              setLines(event.target.value);
              onChange(withOptionLines(field, event.target.value));
            }}
          />
        </label>
      ) : null}
      {field.text_field ? (
        <p className="muted">
          Marks passages of <code>{field.text_field}</code>.
        </p>
      ) : null}
    </div>
  );
}
