import { rulesOf } from "../tasks/rules-of";
import { titleOf } from "../validate/sentences";
import { IconButton } from "../widgets/icon-button";
import type { FieldDefinition, FieldKind } from "../widgets/widget";
import styles from "./card.module.css";
import { ConditionEditor } from "./condition-editor";
import type { SpecDocument } from "./document";
import { changeKind, hasOptions, KINDS, optionsOf, slug, withKey } from "./edits";
import { CheckRow, Problems, Row, TextRow } from "./form";
import { OptionsEditor } from "./options-editor";
import { elementId, problemsAt, type SpecProblem } from "./problems";
import type { SpecSchema } from "./schema";
import { SchemaForm } from "./schema-form";

interface Props {
  readonly document: SpecDocument;
  readonly index: number;
  readonly field: FieldDefinition;
  readonly schema: SpecSchema;
  readonly problems: readonly SpecProblem[];
  /** True if the field's name is in the published version, so that labels bear it. */
  readonly isPublished: boolean;
  readonly isOpen: boolean;
  readonly onToggle: (isOpen: boolean) => void;
  readonly onChange: (field: FieldDefinition) => void;
  readonly onMove: (by: number) => void;
  readonly onRemove: () => void;
}

/** One field: its question, its kind, its options, when it is asked, and the settings of its kind. */
export function FieldEditor(props: Props) {
  const { document, index, field, isOpen } = props;
  const place = `/fields/${index}`;
  const problems = problemsAt(props.problems, place);
  const title = titleOf(field);
  return (
    <section
      className={styles.card}
      aria-label={`Field ${title}`}
      id={elementId(place)}
      tabIndex={-1}
      data-invalid={problems.length > 0}
    >
      <div className={styles.head}>
        <button
          type="button"
          className={styles.toggle}
          aria-expanded={isOpen}
          onClick={() => props.onToggle(!isOpen)}
        >
          <span className={styles.title}>{title}</span>
          <span className={styles.about}>{summary(field)}</span>
        </button>
        <IconButton
          icon="up"
          title={`Move ${title} up`}
          disabled={index === 0}
          onClick={() => props.onMove(-1)}
        />
        <IconButton
          icon="down"
          title={`Move ${title} down`}
          disabled={index === document.fields.length - 1}
          onClick={() => props.onMove(1)}
        />
        <IconButton icon="remove" title={`Remove ${title}`} onClick={props.onRemove} />
      </div>
      {isOpen ? (
        <FieldForm {...props} place={place} problems={problems} />
      ) : (
        <Problems problems={problems} />
      )}
    </section>
  );
}

function summary(field: FieldDefinition): string {
  const count = optionsOf(field).length;
  return [field.kind, count ? `${count} options` : ""].filter(Boolean).join(" · ");
}

function FieldForm(props: Props & { readonly place: string }) {
  const { document, index, field, schema, place, problems, onChange } = props;
  const settings = schema.settingsOf(field.kind);
  const set = (key: string, value: unknown) => onChange(withKey(field, key, value));
  const rules = rulesOf(field, document.guidelines);
  const shown = [
    "name",
    "title",
    "kind",
    "help",
    "required",
    "required_if",
    ...Object.keys(settings),
  ];
  const places = [...shown, ...(hasOptions(field.kind) ? ["options"] : [])].map(
    (key) => `${place}/${key}`,
  );
  const rest = problems.filter((one) => !places.some((at) => problemsAt([one], at).length));

  return (
    <div className={styles.form}>
      <Problems problems={rest} />
      <TextRow
        label="Question"
        place={`${place}/title`}
        problems={problems}
        value={field.title ?? ""}
        placeholder={field.name}
        onChange={(title) => onChange(withTitle(field, title, props.isPublished))}
      />
      <div className={styles.pair}>
        <Row label="Kind" place={`${place}/kind`} problems={problems}>
          {(control) => (
            <select
              {...control}
              value={field.kind}
              onChange={(event) => {
                const kind = event.target.value as FieldKind;
                onChange(changeKind(field, kind, Object.keys(schema.settingsOf(kind))));
              }}
            >
              {(KINDS.includes(field.kind) ? KINDS : [...KINDS, field.kind]).map((kind) => (
                <option key={kind}>{kind}</option>
              ))}
            </select>
          )}
        </Row>
        <TextRow
          label="Name in the data"
          place={`${place}/name`}
          problems={problems}
          value={field.name}
          onChange={(name) => set("name", name)}
        />
      </div>
      <TextRow
        label="Help"
        help={
          rules.length && rules.length < document.guidelines.length
            ? `Governed by ${rules.map((rule) => rule.id).join(", ")}.`
            : undefined
        }
        place={`${place}/help`}
        problems={problems}
        rows={2}
        value={field.help ?? ""}
        onChange={(help) => set("help", help || undefined)}
      />
      {hasOptions(field.kind) ? (
        <OptionsEditor
          options={optionsOf(field)}
          place={`${place}/options`}
          problems={problems}
          onChange={(options) => set("options", options.length ? options : undefined)}
        />
      ) : null}
      <CheckRow
        label="An answer is required"
        place={`${place}/required`}
        problems={problems}
        checked={field.required ?? true}
        onChange={(required) => set("required", required ? undefined : false)}
      />
      <ConditionEditor
        field={field}
        earlier={document.fields.slice(0, index)}
        place={`${place}/required_if`}
        problems={problems}
        onChange={(condition) => set("required_if", condition)}
      />
      <SchemaForm
        schema={schema}
        properties={settings}
        value={field}
        place={place}
        problems={problems.filter((one) => !rest.includes(one))}
        fieldNames={[]}
        onChange={(next) => onChange(next as FieldDefinition)}
      />
    </div>
  );
}

/** Set the question. The name of a field that nobody has used yet follows it. */
function withTitle(field: FieldDefinition, title: string, isPublished: boolean): FieldDefinition {
  const isOwnName = !/^field(_\d+)?$/.test(field.name) && field.name !== slug(field.title ?? "");
  const named = withKey(field, "title", title || undefined);
  return isPublished || isOwnName || !slug(title) ? named : withKey(named, "name", slug(title));
}
