/** The state of the annotators' screen, and the pure changes of it. */

import type { FieldProblem } from "../api/problem";
import type { Draft, Task } from "./task";

export type Phase =
  /** The first tasks are being asked for. */
  | "looking"
  | "working"
  /** There is no work for this person now; the page keeps asking. */
  | "empty"
  /** The person has not done anything for the length of a lease; nothing is asked for. */
  | "away";

export interface Notice {
  readonly tone: "info" | "warning" | "danger";
  readonly text: string;
}

/** An answer that was given in this tab. */
export interface Sent {
  readonly task: Task;
  readonly skipped: boolean;
  readonly isStored: boolean;
  /** Until when it can be changed (ISO 8601); null if it cannot. */
  readonly changeUntil: string | null;
}

export interface Work {
  /** The tasks in hand. The first is on the screen. */
  readonly tasks: readonly Task[];
  /** The newest first. */
  readonly sent: readonly Sent[];
  readonly phase: Phase;
  /** Why there is no work, in the queue's sentences. */
  readonly explanation: readonly string[];
  readonly notice: Notice | null;
  readonly isOnline: boolean;
  /** How many answers wait to be sent. */
  readonly waiting: number;
  /** How many were answered in this tab. */
  readonly answered: number;
}

export const NO_WORK: Work = {
  tasks: [],
  sent: [],
  phase: "looking",
  explanation: [],
  notice: null,
  isOnline: true,
  waiting: 0,
  answered: 0,
};

const SENT_MAX = 50;

export function addTasks(work: Work, tasks: readonly Task[]): Work {
  const known = new Set(work.tasks.map(idOf));
  const added = [...work.tasks, ...tasks.filter((task) => !known.has(idOf(task)))];
  return { ...work, tasks: added, phase: added.length ? "working" : work.phase };
}

export function setDraft(work: Work, leaseId: string, draft: Draft): Work {
  return changeTask(work, leaseId, (task) => ({ ...task, draft, problems: [] }));
}

export function setProblems(work: Work, leaseId: string, problems: readonly FieldProblem[]): Work {
  return changeTask(work, leaseId, (task) => ({ ...task, problems }));
}

export function setExpiry(work: Work, leaseId: string, expiresAt: string): Work {
  return changeTask(work, leaseId, (task) => ({
    ...task,
    lease: { ...task.lease, expires_at: expiresAt },
  }));
}

function changeTask(work: Work, leaseId: string, change: (task: Task) => Task): Work {
  return {
    ...work,
    tasks: work.tasks.map((task) => (idOf(task) === leaseId ? change(task) : task)),
  };
}

/** Take a task off the screen, as answered or skipped. It is not stored yet. */
export function finish(work: Work, task: Task, skipped: boolean): Work {
  const one: Sent = { task, skipped, isStored: false, changeUntil: null };
  const isChange = task.changeUntil !== undefined;
  const others = work.sent.filter((sent) => idOf(sent.task) !== idOf(task));
  return {
    ...drop(work, [idOf(task)]),
    sent: [one, ...others].slice(0, SENT_MAX),
    answered: work.answered + (isChange || skipped ? 0 : 1),
    notice: null,
  };
}

/** Note that the server has stored an answer. */
export function setStored(work: Work, leaseId: string, changeUntil: string | null): Work {
  const sent = work.sent.map((one) =>
    idOf(one.task) === leaseId ? { ...one, isStored: true, changeUntil } : one,
  );
  return { ...work, sent };
}

/** Put an answered task back on the screen. */
export function bringBack(work: Work, task: Task, notice: Notice | null): Work {
  const before = work.sent.find((one) => idOf(one.task) === idOf(task));
  const sent = work.sent.filter((one) => one !== before);
  const wasCounted = before !== undefined && !before.skipped && task.changeUntil === undefined;
  return {
    ...work,
    tasks: [task, ...work.tasks.filter((one) => idOf(one) !== idOf(task))],
    sent,
    phase: "working",
    answered: work.answered - (wasCounted ? 1 : 0),
    notice,
  };
}

/** Remove tasks that are no longer this person's. */
export function drop(work: Work, leaseIds: readonly string[]): Work {
  const tasks = work.tasks.filter((task) => !leaseIds.includes(idOf(task)));
  return { ...work, tasks, phase: tasks.length || work.phase === "away" ? work.phase : "looking" };
}

/** Return the newest answer that can still be changed at `now` (milliseconds since 1970). */
export function changeable(work: Work, now: number): Sent | undefined {
  return work.sent.find((one) => canChange(one, now));
}

/** True if the server has the answer, so that it can be changed or at least corrected. */
export function canRevise(sent: Sent): boolean {
  return sent.isStored && !sent.skipped;
}

export function canChange(sent: Sent, now: number): boolean {
  return sent.changeUntil !== null && !sent.skipped && Date.parse(sent.changeUntil) > now;
}

export function idOf(task: Task): string {
  return task.lease.lease_id;
}

/** Note that an answer that was to be changed stays as it is stored. */
export function keepStored(work: Work, task: Task, changeUntil: string | null): Work {
  const { changeUntil: _, ...unchanged } = task;
  const one: Sent = { task: unchanged, skipped: false, isStored: true, changeUntil };
  return { ...drop(work, [idOf(task)]), sent: [one, ...work.sent].slice(0, SENT_MAX) };
}

/** Remove an answer that the server did not take. */
export function forget(work: Work, leaseId: string): Work {
  const before = work.sent.find((one) => idOf(one.task) === leaseId);
  const wasCounted =
    before !== undefined && !before.skipped && before.task.changeUntil === undefined;
  const sent = work.sent.filter((one) => one !== before);
  return { ...work, sent, answered: work.answered - (wasCounted ? 1 : 0) };
}
