import { namesField, namesRule } from "../tasks/rules-of";
import { titleOf } from "../validate/sentences";
import { IconButton } from "../widgets/icon-button";
import type { FieldDefinition } from "../widgets/widget";
import styles from "./card.module.css";
import type { Rule } from "./document";
import { removed, replaced, withKey } from "./edits";
import { Problems, TextRow } from "./form";
import form from "./form.module.css";
import { elementId, problemsAt, type SpecProblem } from "./problems";

interface Props {
  readonly rule: Rule;
  readonly index: number;
  readonly count: number;
  readonly fields: readonly FieldDefinition[];
  readonly problems: readonly SpecProblem[];
  readonly isShown: boolean;
  readonly onChange: (rule: Rule) => void;
  readonly onGovern: (field: number, isGoverned: boolean) => void;
  readonly onMove: (by: number) => void;
  readonly onRemove: () => void;
}

/** One rule: its id, its text in Markdown, its examples, and the fields it governs. */
export function RuleEditor(props: Props) {
  const { rule, index, fields, onChange } = props;
  const place = `/guidelines/${index}`;
  const problems = problemsAt(props.problems, place);
  const name = rule.id || `rule ${index + 1}`;
  return (
    <section
      className={styles.card}
      aria-label={`Rule ${name}`}
      id={elementId(place)}
      tabIndex={-1}
      data-invalid={problems.length > 0}
      data-shown={props.isShown}
    >
      <div className={styles.head}>
        <span className={`${styles.toggleless} ${styles.title}`}>{name}</span>
        <IconButton
          icon="up"
          title={`Move ${name} up`}
          disabled={index === 0}
          onClick={() => props.onMove(-1)}
        />
        <IconButton
          icon="down"
          title={`Move ${name} down`}
          disabled={index === props.count - 1}
          onClick={() => props.onMove(1)}
        />
        <IconButton icon="remove" title={`Remove ${name}`} onClick={props.onRemove} />
      </div>
      <Problems problems={problems.filter((one) => one.pointer === place)} />
      <TextRow
        label="Id"
        place={`${place}/id`}
        problems={problems}
        value={rule.id}
        onChange={(id) => onChange({ ...rule, id })}
      />
      <TextRow
        label="Text"
        help="Markdown. Name a field in it, and the rule stands beside that field."
        place={`${place}/text`}
        problems={problems}
        rows={4}
        value={rule.text}
        onChange={(text) => onChange({ ...rule, text })}
      />
      <Texts
        title="Examples"
        one="example"
        texts={rule.examples ?? []}
        problems={problemsAt(problems, `${place}/examples`)}
        onChange={(texts) => onChange(withKey(rule, "examples", texts))}
      />
      <Texts
        title="Counter-examples"
        one="counter-example"
        texts={rule.counter_examples ?? []}
        problems={problemsAt(problems, `${place}/counter_examples`)}
        onChange={(texts) => onChange(withKey(rule, "counter_examples", texts))}
      />
      {fields.length && rule.id ? (
        <Governs rule={rule} fields={fields} onGovern={props.onGovern} />
      ) : null}
    </section>
  );
}

interface TextsProps {
  readonly title: string;
  readonly one: string;
  readonly texts: readonly string[];
  readonly problems: readonly SpecProblem[];
  readonly onChange: (texts: readonly string[]) => void;
}

function Texts({ title, one, texts, problems, onChange }: TextsProps) {
  return (
    <fieldset className={styles.texts}>
      <legend>{title}</legend>
      {texts.map((text, index) => (
        <div key={index} className={styles.text}>
          <textarea
            rows={2}
            aria-label={`${one} ${index + 1}`}
            value={text}
            onChange={(event) => onChange(replaced(texts, index, event.target.value))}
          />
          <IconButton
            icon="remove"
            title={`Remove ${one} ${index + 1}`}
            onClick={() => onChange(removed(texts, index))}
          />
        </div>
      ))}
      <Problems problems={problems} />
      <div className={styles.adding}>
        <button type="button" className="button quiet" onClick={() => onChange([...texts, ""])}>
          Add {one === "example" ? "an" : "a"} {one}
        </button>
      </div>
    </fieldset>
  );
}

function Governs({ rule, fields, onGovern }: Pick<Props, "rule" | "fields" | "onGovern">) {
  return (
    <fieldset className={styles.texts}>
      <legend>Governs</legend>
      <div className={styles.answers}>
        {fields.map((field, index) => {
          const isNamed = namesField(rule, field);
          return (
            <label key={field.name} className={form.check}>
              <input
                type="checkbox"
                checked={isNamed || namesRule(field, rule)}
                disabled={isNamed}
                onChange={(event) => onGovern(index, event.target.checked)}
              />
              {titleOf(field)}
              {isNamed ? <span className="muted">(its text names it)</span> : null}
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
