import { useEffect, useRef } from "react";
import { FieldCard } from "../tasks/field-card";
import panes from "../tasks/panes.module.css";
import type { Spec } from "../tasks/spec";
import { isOwn } from "../tasks/stage";
import type { Task } from "../tasks/task";
import { isIn } from "../tasks/use-active-field";
import { idOf } from "../tasks/work";
import type { FieldDefinition, FieldKey } from "../widgets/widget";
import type { DecisionCommand } from "./commands";
import { DecisionBar } from "./decision-bar";
import styles from "./decision-panel.module.css";

interface Props {
  readonly task: Task;
  readonly spec: Spec;
  readonly asked: readonly FieldDefinition[];
  readonly active: FieldDefinition;
  readonly keys: readonly FieldKey[];
  readonly has: (command: DecisionCommand) => boolean;
  readonly onActivate: (name: string) => void;
  readonly onAnswer: (name: string, value: unknown) => void;
  readonly onRule: (ruleId: string) => void;
  readonly onCommand: (command: DecisionCommand) => void;
}

/** What is decided: the label, and what is to be said of it. */
export function DecisionPanel(props: Props) {
  const { task, spec, asked, active } = props;
  const fields = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each task begins at the top.
  useEffect(() => {
    fields.current?.scrollTo(0, 0);
  }, [idOf(task)]);

  return (
    <section aria-label="Decision" className={`${panes.pane} ${panes.answer} ${styles.panel}`}>
      <div ref={fields} className={panes.fields}>
        {asked.map((field) => (
          <div key={field.name} data-own={isOwn(field.name)} className={styles.field}>
            <FieldCard
              field={field}
              module={spec.widgets.get(field.kind)}
              rules={isOwn(field.name) ? [] : spec.rules}
              value={task.draft.label[field.name]}
              payload={task.payload}
              order={task.lease.presentation?.[field.name]}
              problem={task.problems.find((one) => isIn(one.pointer, field.name))}
              isActive={field.name === active.name}
              keys={field.name === active.name ? props.keys : []}
              onActivate={() => props.onActivate(field.name)}
              onAnswer={(value) => props.onAnswer(field.name, value)}
              onRule={props.onRule}
            />
          </div>
        ))}
      </div>
      <DecisionBar keys={props.keys} has={props.has} onCommand={props.onCommand} />
    </section>
  );
}
