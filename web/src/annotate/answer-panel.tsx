import { useEffect, useRef } from "react";
import type { Command } from "../keys/keys";
import { FieldCard } from "../tasks/field-card";
import styles from "../tasks/panes.module.css";
import type { Spec } from "../tasks/spec";
import type { Task } from "../tasks/task";
import { isIn } from "../tasks/use-active-field";
import { idOf } from "../tasks/work";
import type { FieldDefinition, FieldKey } from "../widgets/widget";
import { AnswerBar } from "./answer-bar";
import { Note } from "./note";
import { Suggestion } from "./suggestion";

interface Props {
  readonly task: Task;
  readonly spec: Spec;
  readonly asked: readonly FieldDefinition[];
  readonly active: FieldDefinition;
  readonly keys: readonly FieldKey[];
  readonly onActivate: (name: string) => void;
  readonly onAnswer: (name: string, value: unknown) => void;
  readonly onNote: (note: string) => void;
  readonly onRule: (ruleId: string) => void;
  readonly onCommand: (command: Command) => void;
  readonly onKeepStored: () => void;
}

/** The fields of the label, and what can be done with the task. */
export function AnswerPanel(props: Props) {
  const { task, spec, asked, active } = props;
  const fields = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each task begins at the top.
  useEffect(() => {
    fields.current?.scrollTo(0, 0);
  }, [idOf(task)]);

  return (
    <section aria-label="Answer" className={`${styles.pane} ${styles.answer}`}>
      <div ref={fields} className={styles.fields}>
        {asked.map((field) => (
          <FieldCard
            key={field.name}
            field={field}
            module={spec.widgets.get(field.kind)}
            rules={spec.rules}
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
        ))}
        <Note text={task.draft.note} onChange={props.onNote} />
      </div>
      <Suggestion
        field={active}
        module={spec.widgets.get(active.kind)}
        prelabel={task.lease.prelabel ?? null}
        onTake={() => props.onCommand("suggestion")}
      />
      <AnswerBar
        keys={props.keys}
        changeUntil={task.changeUntil}
        cited={task.draft.rules}
        onCommand={props.onCommand}
        onKeepStored={props.onKeepStored}
      />
    </section>
  );
}
