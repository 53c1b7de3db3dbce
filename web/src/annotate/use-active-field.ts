import { useEffect, useState } from "react";
import type { FieldDefinition, Label } from "../widgets/widget";
import type { Spec } from "./spec";
import { askedFields, type Task } from "./task";
import { idOf } from "./work";

interface ActiveField {
  readonly active: FieldDefinition;
  readonly activate: (name: string) => void;
  /** Make the next field active that has no answer in `label`; stay where all have one. */
  readonly advance: (label: Label) => void;
}

/**
 * Which field the keys are for. A new task begins at its first field; a problem leads to its field.
 *
 * With `takesFocus` the focus goes to the first field of each new task.
 */
export function useActiveField(
  task: Task,
  spec: Spec,
  asked: readonly FieldDefinition[],
  takesFocus: boolean,
): ActiveField {
  const [chosen, setChosen] = useState({ leaseId: "", name: "" });
  const leaseId = idOf(task);
  const name = chosen.leaseId === leaseId ? chosen.name : "";
  const active = asked.find((field) => field.name === name) ?? asked[0];
  const wrong = asked.find((field) => task.problems.some((one) => isIn(one.pointer, field.name)));
  if (!active) {
    throw new Error("a spec has at least one field that is always asked");
  }

  function activate(next: string) {
    setChosen({ leaseId, name: next });
  }

  function advance(label: Label) {
    const fields = askedFields(spec.fields, label);
    const at = fields.findIndex((field) => field.name === active?.name);
    const next = fields.slice(at + 1).find((field) => label[field.name] === undefined);
    if (next) {
      activate(next.name);
      requestAnimationFrame(() => focusField(next.name)); // It may be asked only from now on.
    }
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the focus moves with the task alone.
  useEffect(() => {
    if (
      takesFocus &&
      matchMedia("(pointer: fine)").matches &&
      !document.querySelector("dialog[open]")
    ) {
      focusField(active.name);
    }
  }, [leaseId]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each refusal moves the focus once.
  useEffect(() => {
    if (wrong) {
      activate(wrong.name);
      focusField(wrong.name);
    }
  }, [task.problems]);

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
