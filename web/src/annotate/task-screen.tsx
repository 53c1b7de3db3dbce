import { useEffect, useRef, useState } from "react";
import { type Binding, bindKeys, type Command } from "../keys/keys";
import { KeysHelp } from "../keys/keys-help";
import { useKeys } from "../keys/use-keys";
import { useOwnKeys } from "../keys/use-own-keys";
import { Guidelines } from "../tasks/guidelines";
import { ItemPane } from "../tasks/item-pane";
import { NoticeBar } from "../tasks/notice-bar";
import styles from "../tasks/panes.module.css";
import { rulesOf } from "../tasks/rules-of";
import { SkipDialog } from "../tasks/skip-dialog";
import type { Spec } from "../tasks/spec";
import { askedFields, type Task } from "../tasks/task";
import { useActiveField } from "../tasks/use-active-field";
import { useActiveTime } from "../tasks/use-active-time";
import { idOf, type Work } from "../tasks/work";
import type { Bench } from "../tasks/workbench";
import { AnswerPanel } from "./answer-panel";
import { HistoryDialog } from "./history-dialog";

interface Props {
  readonly bench: Bench;
  readonly work: Work;
  readonly task: Task;
  readonly spec: Spec;
  /** True on a page that shows more than the task: its keys then work only within it. */
  readonly isEmbedded?: boolean;
}

type Open = "skip" | "help" | "history" | null;

/** One task: the item, its fields, and the guidelines beside them. */
export function TaskScreen({ bench, work, task, spec, isEmbedded = false }: Props) {
  const [open, setOpen] = useState<Open>(null);
  const [shown, setShown] = useState<{ leaseId: string; rule: string | null } | null>(null);
  const rule = shown?.leaseId === idOf(task) ? shown.rule : null;
  const setRule = (next: string | null) => setShown({ leaseId: idOf(task), rule: next });
  const asked = askedFields(spec.fields, task.draft.label);
  const { active, activate, advance } = useActiveField(task, spec, asked, !isEmbedded);
  const activeMs = useActiveTime(idOf(task));
  const widget = spec.widgets.get(active.kind);
  const shownByWidgets = new Set(
    asked.flatMap((field) => spec.widgets.get(field.kind)?.shows?.(field, task.payload) ?? []),
  );
  const keys = widget?.keys(active, task.lease.presentation?.[active.name]) ?? [];

  function answer(name: string, value: unknown) {
    const label = { ...task.draft.label, [name]: value };
    bench.edit(task, { ...task.draft, label });
    return label;
  }

  function cite(ruleId: string) {
    const { rules } = task.draft;
    const cited = rules.includes(ruleId)
      ? rules.filter((one) => one !== ruleId)
      : [...rules, ruleId];
    bench.edit(task, { ...task.draft, rules: cited });
  }

  function takeSuggestion() {
    const value = task.lease.prelabel?.value[active.name];
    if (value !== undefined) {
      advance(answer(active.name, value));
    }
  }

  const commands: Readonly<Record<Command, () => void>> = {
    submit: () => bench.submit(task, activeMs()),
    undo: () => void bench.undo(),
    skip: () => setOpen("skip"),
    suggestion: takeSuggestion,
    rule: () => setRule(rule ? null : (rulesOf(active, spec.rules)[0]?.id ?? null)),
    cite: () => rule && cite(rule),
    history: () => setOpen("history"),
    help: () => setOpen("help"),
  };

  function run(binding: Binding) {
    if (binding.kind === "command") {
      commands[binding.command]();
      return;
    }
    const label = answer(active.name, binding.fieldKey.apply(task.draft.label[active.name]));
    if (widget?.isCompleteAfterKey) {
      advance(label);
    }
  }

  const { own, change } = useOwnKeys();
  const screen = useRef<HTMLElement>(null);
  useKeys(bindKeys(keys, own), run, isEmbedded ? screen : undefined);
  const item = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each task begins at the top.
  useEffect(() => {
    item.current?.scrollTo(0, 0);
  }, [idOf(task)]);

  const Screen = isEmbedded ? "section" : "main";
  return (
    <Screen ref={screen} className={styles.task}>
      {isEmbedded ? null : <h1 className="visually-hidden">Annotate {task.lease.project}</h1>}
      <div className={styles.left} data-covered={rule !== null}>
        <NoticeBar work={work} onDismiss={() => bench.dismiss()} />
        <ItemPane ref={item} payload={task.payload} shownByWidgets={shownByWidgets} />
      </div>
      <AnswerPanel
        task={task}
        spec={spec}
        asked={asked}
        active={active}
        keys={keys}
        onActivate={activate}
        onAnswer={answer}
        onNote={(note) => bench.edit(task, { ...task.draft, note })}
        onRule={(id) => setRule(id)}
        onCommand={(command) => commands[command]()}
        onKeepStored={() => bench.keepStored(task)}
      />
      <Guidelines
        rules={spec.rules}
        cited={task.draft.rules}
        shown={rule}
        onShow={setRule}
        onCite={cite}
      />
      {open === "skip" ? (
        <SkipDialog
          task={task}
          spec={spec}
          field={active}
          onSkip={(content) => {
            setOpen(null);
            bench.skip(task, content);
          }}
          onClose={() => setOpen(null)}
        />
      ) : null}
      {open === "help" ? (
        <KeysHelp keys={keys} own={own} onChange={change} onClose={() => setOpen(null)} />
      ) : null}
      {open === "history" ? (
        <HistoryDialog
          work={work}
          bench={bench}
          onRevise={(sent) => {
            setOpen(null);
            bench.revise(sent);
          }}
          onClose={() => setOpen(null)}
        />
      ) : null}
    </Screen>
  );
}
