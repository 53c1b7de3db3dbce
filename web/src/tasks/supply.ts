/**
 * Keeps tasks in hand: asks for more before they are needed, and holds their leases for as long as
 * the person is at work.
 */

import { NoAnswer, Problem } from "../api/problem";
import type { Leases, Prepared } from "./leases";
import type { Specs } from "./spec";
import type { Store } from "./store";
import type { Task } from "./task";
import { troubleNotice } from "./words";
import { addTasks, idOf, setExpiry, type Work } from "./work";

const WAIT_SECONDS = 20;
const RETRY_MS = 3000;
const DEFAULT_LEASE_SECONDS = 900;

interface Parts {
  readonly store: Store<Work>;
  readonly leases: Leases;
  readonly specs: Specs;
  /** How many tasks are in hand, the one on the screen among them. */
  readonly tasksMax: number;
  /** The leases whose answers wait to be sent: the server still holds them for the person. */
  readonly waiting: () => readonly string[];
  /** Called with a task whose lease is gone. */
  readonly onLost: (task: Task, problem: Problem) => void;
}

export class Supply {
  readonly #extendedAt = new Map<string, number>();
  #activeAt = performance.now();
  #isFetching = false;
  #isStopped = false;
  /** True when the server may hold leases for this person that are not here. */
  #mayHoldMore = true;

  constructor(
    private readonly parts: Parts,
    /** The project to ask about when there is no work. */
    private project: string | undefined,
  ) {}

  stop(): void {
    this.#isStopped = true;
  }

  /** Ask for tasks until enough are in hand. */
  async refill(): Promise<void> {
    if (this.#isFetching) {
      return;
    }
    this.#isFetching = true;
    try {
      while (this.#wantsMore()) {
        const isDone = await this.#attempt(() => this.#fetch());
        if (isDone) {
          break;
        }
      }
    } finally {
      this.#isFetching = false;
    }
  }

  /** Note that the person is there. */
  noteActivity(): void {
    this.#activeAt = performance.now();
    if (this.parts.store.get().phase === "away") {
      this.parts.store.change((work) => ({
        ...work,
        phase: work.tasks.length ? "working" : "looking",
      }));
      void this.checkLeases();
    }
  }

  /** Do what is due: extend leases, or stop when the person has gone. To be called each second. */
  tick(): void {
    const now = performance.now();
    const { tasks, phase } = this.parts.store.get();
    const leaseMs =
      1000 * (tasks.map((task) => this.#leaseSeconds(task))[0] ?? DEFAULT_LEASE_SECONDS);
    if (phase !== "away" && now - this.#activeAt > leaseMs) {
      this.parts.store.change((work) => ({ ...work, phase: "away" }));
    } else if (phase === "working") {
      const due = tasks.filter(
        (task) => now - (this.#extendedAt.get(idOf(task)) ?? 0) > leaseMs / 3,
      );
      void Promise.all(due.map((task) => this.#extend(task)));
    }
  }

  /** Ask the server which of the tasks in hand are still the person's. */
  async checkLeases(): Promise<void> {
    await Promise.all(this.parts.store.get().tasks.map((task) => this.#extend(task)));
    await this.refill();
  }

  #wantsMore(): boolean {
    const { phase, tasks } = this.parts.store.get();
    return !this.#isStopped && phase !== "away" && tasks.length < this.parts.tasksMax;
  }

  /** Fetch some. Return true if there are no more for now. */
  async #fetch(): Promise<boolean> {
    const { store, leases, waiting } = this.parts;
    if (this.#mayHoldMore) {
      const known = [...waiting(), ...store.get().tasks.map(idOf)];
      this.#take(await leases.held(known));
      this.#mayHoldMore = false;
      return false;
    }
    const { tasks, phase } = store.get();
    const wait = phase === "empty" ? WAIT_SECONDS : 0;
    const prepared = await leases.more(this.parts.tasksMax - tasks.length, wait);
    this.#take(prepared);
    if (prepared.length || store.get().tasks.length) {
      return prepared.length === 0;
    }
    const explanation = await leases.explain(this.project);
    store.change((work) => ({ ...work, phase: "empty", explanation }));
    return false;
  }

  #take(prepared: readonly Prepared[]): void {
    const now = performance.now();
    for (const { task } of prepared) {
      this.#extendedAt.set(idOf(task), now);
      this.project = task.lease.project;
    }
    const tasks = prepared.map((one) => one.task);
    const told = prepared.find((one) => one.notice)?.notice;
    this.parts.store.change((work) => {
      const added = addTasks(work, tasks);
      return told ? { ...added, notice: told } : added;
    });
  }

  /** Run a step that needs the network; say what is wrong, and wait, if it fails. */
  async #attempt<T>(step: () => Promise<T>): Promise<T | undefined> {
    const { store } = this.parts;
    try {
      const result = await step();
      if (!store.get().isOnline) {
        store.change((work) => ({ ...work, isOnline: true }));
      }
      return result;
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Problem)) {
        throw error;
      }
      this.#mayHoldMore = true; // An answer that was lost on its way may have granted some.
      const isOnline = !(error instanceof NoAnswer);
      store.change((work) => ({
        ...work,
        isOnline,
        notice: work.tasks.length ? work.notice : troubleNotice(error),
      }));
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return undefined;
    }
  }

  async #extend(task: Task): Promise<void> {
    const leaseId = idOf(task);
    if (task.changeUntil !== undefined) {
      return; // Its lease has ended with the answer.
    }
    this.#extendedAt.set(leaseId, performance.now());
    try {
      const expiresAt = await this.parts.leases.extend(leaseId);
      this.parts.store.change((work) => setExpiry(work, leaseId, expiresAt));
    } catch (error) {
      if (error instanceof Problem && !error.isTemporary && error.status !== 401) {
        this.parts.onLost(task, error);
      }
    }
  }

  #leaseSeconds({ lease }: Task): number {
    const spec = this.parts.specs.get(lease.project, lease.spec_version);
    return spec?.leaseSeconds ?? DEFAULT_LEASE_SECONDS;
  }
}
