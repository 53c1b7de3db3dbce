import { useState } from "react";
import type { FieldKind } from "../widgets/widget";
import styles from "./card.module.css";
import type { SpecDocument } from "./document";
import { addField, changeField, KINDS, moved, removeField } from "./edits";
import { FieldEditor } from "./field-editor";
import { Problems, TextRow } from "./form";
import { problemsAt, type SpecProblem } from "./problems";
import type { SpecSchema } from "./schema";

interface Props {
  readonly document: SpecDocument;
  readonly published: SpecDocument;
  readonly schema: SpecSchema;
  readonly problems: readonly SpecProblem[];
  /** The field that is open at first; none if it is undefined. */
  readonly shown: string | undefined;
  readonly onChange: (document: SpecDocument) => void;
}

/** The fields of the label in their order. */
export function FieldsTab({ document, published, schema, problems, shown, onChange }: Props) {
  const { fields } = document;
  const [open, setOpen] = useState<number | null>(() => firstOpen(document, shown));
  const known = new Set(published.fields.map((field) => field.name));

  function move(index: number, by: number) {
    onChange({ ...document, fields: moved(fields, index, by) });
    setOpen(open === index ? index + by : open === index + by ? index : open);
  }

  return (
    <div className={styles.list}>
      <TextRow
        label="Task type"
        help="One word for this kind of work, such as “review”: annotators' skills are counted by it."
        place="/task_type"
        problems={problems}
        value={document.task_type}
        onChange={(task_type) => onChange({ ...document, task_type })}
      />
      <Problems problems={problems.filter((one) => one.pointer === "/fields")} />
      {fields.map((field, index) => (
        <FieldEditor
          key={index}
          document={document}
          index={index}
          field={field}
          schema={schema}
          problems={problems}
          isPublished={known.has(field.name)}
          isOpen={open === index || problemsAt(problems, `/fields/${index}`).length > 0}
          onToggle={(isOpen) => setOpen(isOpen ? index : null)}
          onChange={(next) => onChange(changeField(document, index, next))}
          onMove={(by) => move(index, by)}
          onRemove={() => {
            setOpen(null);
            onChange(removeField(document, index));
          }}
        />
      ))}
      <AddField
        onAdd={(kind) => {
          setOpen(fields.length);
          onChange(addField(document, kind));
        }}
      />
    </div>
  );
}

function firstOpen({ fields }: SpecDocument, shown: string | undefined): number | null {
  const at = fields.findIndex((field) => field.name === shown);
  if (at >= 0) {
    return at;
  }
  return fields.length === 1 ? 0 : null;
}

function AddField({ onAdd }: { readonly onAdd: (kind: FieldKind) => void }) {
  const [kind, setKind] = useState<FieldKind>("choice");
  return (
    <div className={styles.adding}>
      <button type="button" className="button" onClick={() => onAdd(kind)}>
        Add a field
      </button>
      <label className={styles.adding}>
        of the kind
        <select value={kind} onChange={(event) => setKind(event.target.value as FieldKind)}>
          {KINDS.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
    </div>
  );
}
