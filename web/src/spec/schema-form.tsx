import { words } from "./diff";
import { isObject } from "./document";
import { withKey } from "./edits";
import { CheckRow, Problems, Row, TextRow } from "./form";
import styles from "./form.module.css";
import { MapForm } from "./map-form";
import { problemsAt, type SpecProblem } from "./problems";
import type { Schema, SpecSchema } from "./schema";

export interface PartProps {
  readonly schema: SpecSchema;
  readonly shape: Schema;
  readonly label: string;
  readonly value: unknown;
  readonly place: string;
  readonly problems: readonly SpecProblem[];
  /** The names of the document's fields: keys of settings by field. */
  readonly fieldNames: readonly string[];
  /** Called with the next value; with undefined to go back to the default. */
  readonly onChange: (value: unknown) => void;
}

interface FormProps extends Omit<PartProps, "shape" | "label" | "onChange"> {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly value: object;
  readonly onChange: (value: object) => void;
}

/** Controls for the keys of an object, made from its JSON Schema: each with its meaning and default. */
export function SchemaForm({ properties, value, place, problems, onChange, ...shared }: FormProps) {
  const entries = Object.entries(properties);
  const elsewhere = problemsAt(problems, place).filter(
    ({ pointer }) =>
      !entries.some(([key]) => problemsAt([{ pointer, message: "" }], `${place}/${key}`).length),
  );
  return (
    <>
      <Problems problems={elsewhere} />
      <div className={styles.columns}>
        {entries.map(([key, shape]) => (
          <Part
            key={key}
            {...shared}
            shape={shared.schema.resolve(shape)}
            label={words(key)}
            value={(value as Record<string, unknown>)[key]}
            place={`${place}/${key}`}
            problems={problems}
            onChange={(next) => onChange(withKey(value, key, next))}
          />
        ))}
      </div>
    </>
  );
}

/** The control of one place, by what its schema allows. */
export function Part(props: PartProps) {
  const { shape, label, value, place, problems, onChange } = props;
  const row = { label, help: helpOf(props), place, problems };
  if (shape.properties) {
    return <Section {...props} />;
  }
  if (isObject(shape.additionalProperties)) {
    return <MapForm {...props} values={shape.additionalProperties} />;
  }
  if (shape.type === "boolean") {
    const checked = Boolean(value ?? shape.default);
    return <CheckRow {...row} checked={checked} onChange={onChange} />;
  }
  if (shape.enum) {
    return <Choice {...props} options={shape.enum.map(String)} />;
  }
  if (shape.type === "array") {
    return (
      <TextRow
        {...row}
        value={Array.isArray(value) ? value.join(", ") : ""}
        placeholder="none"
        onChange={(text) => onChange(entriesOf(text))}
      />
    );
  }
  if (shape.type === "integer" || shape.type === "number") {
    return <NumberRow {...props} />;
  }
  return (
    <TextRow
      {...row}
      value={value == null ? "" : String(value)}
      onChange={(text) => onChange(text || undefined)}
    />
  );
}

/** Return the entries of a list that is typed with commas; undefined if there are none. */
function entriesOf(text: string): string[] | undefined {
  const entries = text.split(",").map((entry) => entry.trimStart());
  return entries.join("") ? entries : undefined;
}

function Section(props: PartProps) {
  const { shape, label, value, onChange } = props;
  return (
    <fieldset className={styles.section} data-wide>
      <legend>{label}</legend>
      {shape.description ? <p className={styles.help}>{shape.description}</p> : null}
      <SchemaForm
        {...props}
        properties={shape.properties ?? {}}
        value={isObject(value) ? value : {}}
        onChange={(next) => onChange(Object.keys(next).length ? next : undefined)}
      />
    </fieldset>
  );
}

function Choice(props: PartProps & { readonly options: readonly string[] }) {
  const { shape, label, value, place, problems, options, onChange } = props;
  const hasDefault = typeof shape.default === "string";
  return (
    <Row label={label} help={helpOf(props)} place={place} problems={problems}>
      {(control) => (
        <select
          {...control}
          value={String(value ?? shape.default ?? "")}
          onChange={(event) => onChange(event.target.value || undefined)}
        >
          {hasDefault ? null : <option value="">by itself</option>}
          {options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      )}
    </Row>
  );
}

function NumberRow(props: PartProps) {
  const { shape, label, value, place, problems, onChange } = props;
  return (
    <Row label={label} help={helpOf(props)} place={place} problems={problems}>
      {(control) => (
        <input
          {...control}
          type="number"
          step={shape.type === "integer" ? 1 : "any"}
          min={shape.minimum}
          max={shape.maximum}
          value={typeof value === "number" ? value : ""}
          placeholder={shape.default == null ? "none" : String(shape.default)}
          onChange={(event) =>
            onChange(event.target.value === "" ? undefined : event.target.valueAsNumber)
          }
        />
      )}
    </Row>
  );
}

/** The meaning of a key, and its default where the control does not show it. */
function helpOf({ shape }: PartProps): string {
  const { description = "", default: standard } = shape;
  const isShown = shape.type === "boolean" || standard == null || typeof standard === "object";
  return isShown ? description : `${description} Default: ${standard}.`.trim();
}
