import { isOwn } from "../tasks/stage";
import type { Task } from "../tasks/task";
import type { Workbench } from "../tasks/workbench";
import type { Label } from "../widgets/widget";
import type { Given } from "./given";
import type { Look } from "./look";

interface Parts {
  readonly bench: Workbench;
  readonly task: Task;
  readonly look: Look;
  /** The field whose keys work now. */
  readonly active: string;
  /** Goes on to the next field without an answer. */
  readonly advance: (answers: Label) => void;
}

interface Decision {
  readonly answer: (name: string, value: unknown) => Label;
  /** Take an answer over with the rules that it cites; with a field, that field's answer alone. */
  readonly take: (given: Given, field?: string) => void;
  /** Cite a rule, or take the citation back; undefined where no rules are cited. */
  readonly cite: ((ruleId: string) => void) | undefined;
  readonly cited: readonly string[];
}

/** What a person can do with the answers of a decision. */
export function useDecision({ bench, task, look, active, advance }: Parts): Decision {
  const { draft } = task;
  const { rulesField } = look;
  const cited = rulesField ? listOf(draft.label[rulesField]) : [];

  function edit(label: Label): Label {
    bench.edit(task, { ...draft, label });
    return label;
  }

  function answer(name: string, value: unknown): Label {
    return edit({ ...draft.label, [name]: value });
  }

  function take(given: Given, field?: string) {
    if (field !== undefined && !(field in given.label)) {
      return;
    }
    const own = Object.entries(draft.label).filter(([name]) => isOwn(name));
    const taken = field
      ? { ...draft.label, [field]: given.label[field] }
      : { ...Object.fromEntries(own), ...given.label };
    const rules =
      rulesField && !field && cited.length === 0 && given.rules.length > 0
        ? { [rulesField]: [...given.rules] }
        : {};
    const answers = edit(look.afterTaking(task, { ...taken, ...rules }));
    if (!isOwn(active)) {
      advance(answers);
    }
  }

  function toggle(field: string, ruleId: string) {
    const rules = cited.includes(ruleId)
      ? cited.filter((one) => one !== ruleId)
      : [...cited, ruleId];
    answer(field, rules.length ? rules : undefined);
  }

  const cite = rulesField && ((ruleId: string) => toggle(rulesField, ruleId));
  return { answer, take, cite: cite || undefined, cited };
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
