import { useEffect, useRef, useState } from "react";
import type { Services } from "../api/services";
import { useKeys } from "../keys/use-keys";
import { Guidelines } from "../tasks/guidelines";
import { NoticeBar } from "../tasks/notice-bar";
import panes from "../tasks/panes.module.css";
import { rulesOf } from "../tasks/rules-of";
import type { Spec } from "../tasks/spec";
import { askedFields, type Task } from "../tasks/task";
import { useActiveField } from "../tasks/use-active-field";
import { idOf, type Work } from "../tasks/work";
import type { Workbench } from "../tasks/workbench";
import { candidatesOf } from "./candidates";
import {
  bindDecisionKeys,
  type DecisionBinding,
  type DecisionCommand,
  decisionKeys,
  keyOfDecision,
} from "./commands";
import { DecisionDialogs, type OpenDialog } from "./decision-dialogs";
import { DecisionPanel } from "./decision-panel";
import type { DecisionRoom } from "./decision-room";
import styles from "./decision-screen.module.css";
import { Evidence, isHidden } from "./evidence";
import { useDecision } from "./use-decision";

interface Props {
  readonly services: Services;
  readonly bench: Workbench;
  readonly work: Work;
  readonly task: Task;
  readonly spec: Spec;
  readonly room: DecisionRoom;
  readonly project: string | undefined;
}

/** One task: what the decision rests on, the decision, and the guidelines beside it. */
export function DecisionScreen({ services, bench, work, task, spec, room, project }: Props) {
  const [open, setOpen] = useState<OpenDialog>(null);
  const [shown, setShown] = useState<{ leaseId: string; rule: string | null } | null>(null);
  const rule = shown?.leaseId === idOf(task) ? shown.rule : null;
  const setRule = (next: string | null) => setShown({ leaseId: idOf(task), rule: next });
  const asked = askedFields(spec.fields, task.draft.label);
  const { active, activate, advance } = useActiveField(task, spec, asked, true);
  const { answer, take, cite, cited } = useDecision({
    ...{ bench, task, room, advance },
    active: active.name,
  });
  const candidates = candidatesOf(task.lease);
  const keys = spec.widgets.get(active.kind)?.keys(active) ?? [];
  const { Precedents, Waiting } = room;
  const has = (command: DecisionCommand) =>
    command === "waiting" ? Waiting !== undefined : command !== "cite" || cite !== undefined;
  const entries = decisionKeys(candidates, keys, has);

  const commands: Readonly<Record<DecisionCommand, () => void>> = {
    submit: () => bench.submit(task, 0),
    undo: () => void bench.undo(),
    skip: () => setOpen("skip"),
    rule: () => setRule(rule ? null : (rulesOf(active, spec.rules)[0]?.id ?? null)),
    cite: () => rule && cite?.(rule),
    decided: () => setOpen("decided"),
    waiting: () => setOpen("waiting"),
    help: () => setOpen("help"),
  };

  function run(binding: DecisionBinding) {
    if (binding.kind === "command") {
      commands[binding.command]();
    } else if (binding.kind === "take") {
      take(binding.candidate, binding.onlyActiveField ? active.name : undefined);
    } else {
      const value = binding.fieldKey.apply(task.draft.label[active.name]);
      const answers = answer(active.name, value);
      if (spec.widgets.get(active.kind)?.isCompleteAfterKey) {
        advance(answers);
      }
    }
  }

  useKeys(bindDecisionKeys(entries, keys), run);
  const evidence = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each task begins at the top.
  useEffect(() => {
    evidence.current?.scrollTo(0, 0);
  }, [idOf(task)]);

  return (
    <main className={`${panes.task} ${styles.screen}`}>
      <h1 className="visually-hidden">
        {room.heading} {task.lease.project}
      </h1>
      <div className={panes.left} data-covered={rule !== null}>
        <NoticeBar work={work} onDismiss={() => bench.dismiss()} />
        <Evidence
          ref={evidence}
          task={task}
          spec={spec}
          candidates={candidates}
          keys={keys}
          reason={room.reasonInWords(task.lease.context?.reason ?? "")}
          onTake={take}
        >
          {Precedents && !isHidden(task, spec) ? (
            <Precedents services={services} taskId={task.lease.task_id} spec={spec} />
          ) : null}
        </Evidence>
      </div>
      <DecisionPanel
        {...{ task, spec, asked, active, keys, has }}
        onActivate={activate}
        onAnswer={answer}
        onRule={setRule}
        onCommand={(command) => commands[command]()}
      />
      <Guidelines
        rules={spec.rules}
        cited={cited}
        shown={rule}
        citeKey={keyOfDecision("cite", keys)}
        onShow={setRule}
        onCite={cite}
      />
      <DecisionDialogs
        {...{ open, services, bench, work, task, spec, room, project, entries, keys }}
        active={active}
        onClose={() => setOpen(null)}
      />
    </main>
  );
}
