import { isOwn } from "../tasks/stage";
import type { Task } from "../tasks/task";
import type { Workbench } from "../tasks/workbench";
import type { Label } from "../widgets/widget";
import type { Candidate } from "./candidates";
import type { DecisionRoom } from "./decision-room";

interface Parts {
  readonly bench: Workbench;
  readonly task: Task;
  readonly room: DecisionRoom;
  /** The field whose keys work now. */
  readonly active: string;
  /** Goes on to the next field without an answer. */
  readonly advance: (answers: Label) => void;
}

interface Decision {
  readonly answer: (name: string, value: unknown) => Label;
  /** Take an answer over with the rules that it cites; with a field, that field's answer alone. */
  readonly take: (candidate: Candidate, field?: string) => void;
  /** Cite a rule, or take the citation back; undefined where no rules are cited. */
  readonly cite: ((ruleId: string) => void) | undefined;
  readonly cited: readonly string[];
}

/** What a person can do with the answers of a decision. */
export function useDecision({ bench, task, room, active, advance }: Parts): Decision {
  const { draft } = task;
  const { rulesField } = room;
  const cited = rulesField ? listOf(draft.label[rulesField]) : [];

  function edit(label: Label): Label {
    bench.edit(task, { ...draft, label });
    return label;
  }

  function answer(name: string, value: unknown): Label {
    return edit({ ...draft.label, [name]: value });
  }

  function take(candidate: Candidate, field?: string) {
    if (field !== undefined && !(field in candidate.label)) {
      return;
    }
    const own = Object.entries(draft.label).filter(([name]) => isOwn(name));
    const taken = field
      ? { ...draft.label, [field]: candidate.label[field] }
      : { ...Object.fromEntries(own), ...candidate.label };
    const rules =
      rulesField && !field && cited.length === 0 && candidate.rules.length > 0
        ? { [rulesField]: [...candidate.rules] }
        : {};
    const answers = edit(room.afterTaking(task, { ...taken, ...rules }));
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
