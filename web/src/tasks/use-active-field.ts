import { useLayoutEffect, useState } from "react";
import type { FieldDefinition, Label } from "../widgets/widget";
import type { Spec } from "./spec";
import { askedFields, type Task } from "./task";
import { idOf } from "./work";

interface ActiveField {
  readonly active: FieldDefinition;
  readonly activate: (name: string) => void;
  /** Make the next field active that has no answer in `label`, or is asked only from now on. */
  readonly advance: (label: Label) => void;
}

/**
 * Return the field that the keys are for. A new task begins at its first field; a problem leads to
 * its field. With `takesFocus` the focus goes to the first field of each new task.
 *
 * The focus follows before the browser handles the next key. Any later, a person who types fast
 * would answer one field while the focus, and with it the keys, returns to another.
 */
export function useActiveField(
  task: Task,
  spec: Spec,
  asked: readonly FieldDefinition[],
  takesFocus: boolean,
): ActiveField {
  const leaseId = idOf(task);
  const [chosen, setChosen] = useState({ leaseId: "", name: "", takesFocus: false });
  const [problems, setProblems] = useState<Task["problems"]>([]);
  const name = chosen.leaseId === leaseId ? chosen.name : "";
  const active = asked.find((field) => field.name === name) ?? asked[0];
  if (!active) {
    throw new Error("a spec has at least one field that is always asked");
  }

  if (problems !== task.problems) {
    setProblems(task.problems);
    const wrong = asked.find((field) => task.problems.some((one) => isIn(one.pointer, field.name)));
    if (wrong) {
      setChosen({ leaseId, name: wrong.name, takesFocus: true });
    }
  }

  function activate(next: string) {
    setChosen({ leaseId, name: next, takesFocus: false });
  }

  function advance(label: Label) {
    const fields = askedFields(spec.fields, label);
    const at = fields.findIndex((field) => field.name === active?.name);
    const isNext = (field: FieldDefinition) =>
      label[field.name] === undefined || !asked.includes(field);
    const next = fields.slice(at + 1).find(isNext);
    if (next) {
      setChosen({ leaseId, name: next.name, takesFocus: true });
    }
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the focus moves with the task alone.
  useLayoutEffect(() => {
    if (
      takesFocus &&
      matchMedia("(pointer: fine)").matches &&
      !document.querySelector("dialog[open]")
    ) {
      focusField(active.name);
    }
  }, [leaseId]);

  useLayoutEffect(() => {
    if (chosen.takesFocus) {
      focusField(chosen.name);
    }
  }, [chosen]);

  return { active, activate, advance };
}

/** True if a JSON pointer is to the answer of a field or into it. */
export function isIn(pointer: string, field: string): boolean {
  return pointer === `/${field}` || pointer.startsWith(`/${field}/`);
}

function focusField(name: string) {
  const element = document.querySelector<HTMLElement>(`[data-field="${name}"] [data-focus]`);
  element?.focus();
  element?.closest("[data-field]")?.scrollIntoView({ block: "nearest" });
}
