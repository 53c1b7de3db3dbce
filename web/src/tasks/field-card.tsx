import { useId } from "react";
import type { FieldProblem } from "../api/problem";
import { titleOf } from "../validate/sentences";
import type { FieldDefinition, FieldKey, Payload, WidgetModule } from "../widgets/widget";
import styles from "./field-card.module.css";
import { rulesOf } from "./rules-of";
import type { Rule } from "./spec";

interface Props {
  readonly field: FieldDefinition;
  readonly module: WidgetModule | undefined;
  readonly rules: readonly Rule[];
  readonly value: unknown;
  readonly payload: Payload;
  /** The order in which the options are shown; that of the definition without it. */
  readonly order: readonly string[] | undefined;
  readonly problem: FieldProblem | undefined;
  readonly isActive: boolean;
  readonly keys: readonly FieldKey[];
  readonly onActivate: () => void;
  readonly onAnswer: (value: unknown) => void;
  readonly onRule: (ruleId: string) => void;
}

/** One field: its question, its rules, its widget, a suggestion, and what is wrong with the answer. */
export function FieldCard(props: Props) {
  const { field, module, problem, isActive } = props;
  const id = useId();
  const described = [field.help ? `${id}-help` : "", problem ? `${id}-error` : ""].join(" ").trim();
  const governing = rulesOf(field, props.rules);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only notes that something in it has the focus.
    <div
      className={styles.card}
      data-field={field.name}
      data-active={isActive}
      data-invalid={problem !== undefined}
      onFocus={props.onActivate}
    >
      <div className={styles.head}>
        <h2 id={`${id}-title`} className={styles.title}>
          {titleOf(field)}
        </h2>
        {(field.required ?? true) ? null : <span className={styles.optional}>optional</span>}
        {governing.length < props.rules.length || governing.length === 1 ? (
          <RuleLinks rules={governing} onRule={props.onRule} />
        ) : null}
      </div>
      {field.help ? (
        <p id={`${id}-help`} className={styles.help}>
          {field.help}
        </p>
      ) : null}
      {module ? (
        <module.Widget
          field={field}
          value={props.value}
          onChange={props.onAnswer}
          payload={props.payload}
          order={props.order}
          disabled={false}
          isActive={isActive}
          labelId={`${id}-title`}
          describedBy={described || undefined}
          error={problem?.message}
          keys={props.keys}
        />
      ) : (
        <p className="error">
          This page cannot show a field of the kind “{field.kind}” yet: skip the task.
        </p>
      )}
      {problem ? (
        <p id={`${id}-error`} role="alert" className={styles.error}>
          {problem.message}
        </p>
      ) : null}
    </div>
  );
}

function RuleLinks(props: {
  readonly rules: readonly Rule[];
  readonly onRule: (id: string) => void;
}) {
  return (
    <span className={styles.rules}>
      {props.rules.slice(0, 3).map((rule) => (
        <button
          key={rule.id}
          type="button"
          className={styles.rule}
          aria-label={`Show rule ${rule.id}`}
          onClick={() => props.onRule(rule.id)}
        >
          {rule.id}
        </button>
      ))}
    </span>
  );
}
