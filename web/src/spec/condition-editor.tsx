import { titleOf } from "../validate/sentences";
import { titleOf as titleOfOption } from "../widgets/options";
import type { FieldDefinition } from "../widgets/widget";
import styles from "./card.module.css";
import { optionsOf, optionValue } from "./edits";
import { Problems, Row } from "./form";
import form from "./form.module.css";
import { problemsAt, type SpecProblem } from "./problems";

type Condition = NonNullable<FieldDefinition["required_if"]>;

interface Props {
  readonly field: FieldDefinition;
  /** The fields before it. */
  readonly earlier: readonly FieldDefinition[];
  readonly place: string;
  readonly problems: readonly SpecProblem[];
  readonly onChange: (condition: Condition | undefined) => void;
}

/** When a field is asked: always, or only after certain answers to an earlier field. */
export function ConditionEditor({ field, earlier, place, problems, onChange }: Props) {
  const condition = field.required_if;
  const possible = earlier.filter((one) => answersOf(one).length > 0);
  const asked = earlier.find((one) => one.name === condition?.field);
  if (possible.length === 0 && !condition) {
    return null;
  }
  const names = possible.map((one) => one.name);
  const isUnknown = condition !== undefined && !names.includes(condition.field);

  function choose(name: string) {
    const first = possible.find((one) => one.name === name);
    const [answer] = first ? answersOf(first) : [];
    onChange(answer === undefined ? undefined : { field: name, in: [answer as never] });
  }

  return (
    <>
      <Row label="Asked" place={place} problems={asked ? [] : problems}>
        {(control) => (
          <select
            {...control}
            value={condition?.field ?? ""}
            onChange={(event) => choose(event.target.value)}
          >
            <option value="">always</option>
            {isUnknown ? (
              <option value={condition.field}>
                depending on “{condition.field}”, which is not before it
              </option>
            ) : null}
            {possible.map((one) => (
              <option key={one.name} value={one.name}>
                depending on “{titleOf(one)}”
              </option>
            ))}
          </select>
        )}
      </Row>
      {condition && asked ? (
        <fieldset className={form.section}>
          <legend>if the answer is one of</legend>
          <div className={styles.answers}>
            {answersOf(asked).map((answer) => (
              <label key={String(answer)} className={form.check}>
                <input
                  type="checkbox"
                  checked={condition.in.some((one) => one === answer)}
                  onChange={(event) =>
                    onChange(withAnswer(condition, answer, event.target.checked))
                  }
                />
                {typeof answer === "string" ? titleOfOption(optionsOf(asked), answer) : answer}
              </label>
            ))}
          </div>
          <Problems problems={problemsAt(problems, place)} />
        </fieldset>
      ) : null}
    </>
  );
}

/** The answers that a condition on a field can name. */
function answersOf(field: FieldDefinition): readonly (string | number)[] {
  if (field.kind === "rating") {
    const { minimum = 1, maximum = 5 } = field;
    const count = Math.min(Math.max(maximum - minimum + 1, 0), 101);
    return Array.from({ length: count }, (_, at) => minimum + at);
  }
  const kinds: readonly string[] = ["choice", "choices", "pairwise"];
  return kinds.includes(field.kind) ? optionsOf(field).map(optionValue) : [];
}

function withAnswer(condition: Condition, answer: string | number, isIn: boolean): Condition {
  const others = condition.in.filter((one) => one !== answer);
  return { ...condition, in: isIn ? [...others, answer as never] : others };
}
