/**
 * What the annotators' screen does: keeps tasks in hand, takes answers, and survives what happens to
 * leases and networks meanwhile. It knows nothing of React; `useWork` shows its state.
 */

import { NoAnswer, Problem } from "../api/problem";
import type { Services } from "../api/services";
import type { Session } from "../api/session";
import { claim, release } from "./claims";
import { DraftSaver } from "./draft-saver";
import { Leases, type Prepared } from "./leases";
import { type News, readNews } from "./news";
import { Outbox } from "./outbox";
import { type Spec, Specs } from "./spec";
import { BrowserStorage, type SkipContent, type Submission } from "./storage";
import { type Draft, itemKey, labelToSend, type Task } from "./task";
import { lostNotice, NOTHING_TO_UNDO, REFUSED, SKIP_STANDS, troubleNotice } from "./words";
import * as changes from "./work";
import { idOf, NO_WORK, type Notice, type Sent, type Work } from "./work";

/** How many tasks are in hand, the one on the screen among them. */
const TASKS_MAX = 3;
const WAIT_SECONDS = 20;
const RETRY_MS = 3000;
const TICK_MS = 1000;

export class Workbench {
  #work: Work = NO_WORK;
  readonly #listeners = new Set<() => void>();
  readonly #specs: Specs;
  readonly #storage: BrowserStorage;
  readonly #leases: Leases;
  readonly #outbox: Outbox;
  readonly #drafts: DraftSaver;
  readonly #stop = new AbortController();
  readonly #extendedAt = new Map<string, number>();
  #lastProject: string | undefined;
  #isFetching = false;
  /** True when the server may hold leases for this person that are not here. */
  #mayHoldMore = true;
  #activeAt = performance.now();

  constructor(
    private readonly services: Services,
    private readonly session: Session,
    project: string | undefined,
  ) {
    this.#lastProject = project ?? session.projects[0];
    this.#specs = new Specs(services);
    this.#storage = new BrowserStorage(session.owner);
    this.#leases = new Leases(services, this.#specs, this.#storage, project);
    this.#drafts = new DraftSaver(services, this.#storage, (id, error) => this.#lose(id, error));
    this.#outbox = new Outbox(services, this.#storage, {
      stored: (one, changeUntil) => this.#onStored(one, changeUntil),
      refused: (one, problem) => void this.#onRefused(one, problem),
      waiting: (waiting, isOnline) => this.#change((work) => ({ ...work, waiting, isOnline })),
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): Work => this.#work;

  /** Begin; return what ends it. */
  start(): () => void {
    const timer = setInterval(() => this.#tick(), TICK_MS);
    const goOn = () => this.#onNetworkBack();
    window.addEventListener("online", goOn);
    void this.#resume();
    void readNews(this.services, this.session.token, this.#stop.signal, (n) => this.#onNews(n));
    return () => {
      this.#stop.abort();
      this.#outbox.close();
      clearInterval(timer);
      window.removeEventListener("online", goOn);
      release(this.#work.tasks.map(idOf));
    };
  }

  specOf(task: Task): Spec | undefined {
    return this.#specs.get(task.lease.project, task.lease.spec_version);
  }

  /** Take what the person entered, and keep it on the server and in the browser. */
  edit(task: Task, draft: Draft): void {
    this.#change((work) => changes.setDraft(work, idOf(task), draft));
    this.#drafts.save({ ...task, draft });
  }

  /** Send the answer, unless it is not valid: then the task says what is wrong. */
  submit(task: Task, activeMs: number): boolean {
    const spec = this.specOf(task);
    if (!spec) {
      return false;
    }
    const label = labelToSend(spec.fields, task.draft.label);
    const problems = spec.check.check(label);
    if (problems.length) {
      this.#change((work) => changes.setProblems(work, idOf(task), problems));
      return false;
    }
    const { rules, note } = task.draft;
    const content = { label, rules: [...rules], note: note || null, active_ms: activeMs };
    this.#finish(task, { kind: "annotation", content });
    return true;
  }

  /** Pass the task on, with the reason. */
  skip(task: Task, content: SkipContent): void {
    this.#finish(task, { kind: "skip", content });
  }

  /** Put the newest answer that can be changed back on the screen. */
  async undo(): Promise<void> {
    const [newest] = this.#work.sent;
    if (newest && !newest.isStored && (await this.#outbox.cancel(idOf(newest.task)))) {
      this.#change((work) => changes.bringBack(work, newest.task, null));
      return;
    }
    const sent = changes.changeable(this.#work, Date.now());
    if (sent) {
      this.revise(sent);
    } else {
      this.#tell(newest?.skipped ? SKIP_STANDS : NOTHING_TO_UNDO);
    }
  }

  /** Put one of the person's own answers back on the screen, to be changed. */
  revise(sent: Sent): void {
    const task = sent.changeUntil ? { ...sent.task, changeUntil: sent.changeUntil } : sent.task;
    this.#change((work) => changes.bringBack(work, task, null));
  }

  /** Leave an answer that was to be changed as it is stored. */
  keepStored(task: Task): void {
    const changeUntil = task.changeUntil ?? null;
    this.#change((work) => changes.keepStored(work, task, changeUntil));
    void this.#refill();
  }

  dismiss(): void {
    this.#tell(null);
  }

  /** Note that the person is there: leases are held for as long as that is so. */
  noteActivity(): void {
    this.#activeAt = performance.now();
    if (this.#work.phase === "away") {
      this.#change((work) => ({ ...work, phase: work.tasks.length ? "working" : "looking" }));
      void this.#checkLeases();
    }
  }

  #finish(task: Task, body: Submission["body"]): void {
    this.#drafts.cancel(task);
    this.#change((work) => changes.finish(work, task, body.kind === "skip"));
    const { owner } = this.session;
    void this.#outbox.add({ leaseId: idOf(task), owner, givenAt: Date.now(), task, body });
    void this.#refill();
  }

  #onStored({ leaseId, task }: Submission, heldUntil: string | null): void {
    release([leaseId]);
    void this.#storage.deleteDraft(itemKey(task.lease));
    // By this machine's clock, which may differ from the server's.
    const undoMs = (this.specOf(task)?.undoSeconds ?? 0) * 1000;
    const changeUntil = heldUntil && new Date(Date.now() + undoMs).toISOString();
    this.#change((work) => changes.setStored(work, leaseId, changeUntil));
  }

  async #onRefused({ leaseId, task }: Submission, problem: Problem): Promise<void> {
    if (problem.status === 422) {
      const problems = problem.errors.map((one) => ({
        ...one,
        pointer: one.pointer.replace(/^\/labels?(\/\d)?(?=\/|$)/, ""),
      }));
      await this.#specs.load(task.lease.project, task.lease.spec_version);
      await claim(leaseId);
      this.#change((work) => changes.bringBack(work, { ...task, problems }, REFUSED));
      return;
    }
    await this.#drafts.keepInBrowser(task);
    this.#change((work) => changes.forget(work, leaseId));
    this.#lose(leaseId, problem);
  }

  /** Take a task away that is no longer the person's, and say why. */
  #lose(leaseId: string, problem: Problem): void {
    release([leaseId]);
    this.#change((work) => changes.drop(work, [leaseId]));
    this.#tell(lostNotice(problem));
    void this.#refill();
  }

  async #resume(): Promise<void> {
    const waiting = await this.#outbox.restore();
    this.#change((work) => ({ ...work, waiting }));
    await this.#refill();
  }

  /** Ask for tasks until enough are in hand. */
  async #refill(): Promise<void> {
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

  #wantsMore(): boolean {
    const isAway = this.#work.phase === "away";
    return !this.#stop.signal.aborted && !isAway && this.#work.tasks.length < TASKS_MAX;
  }

  /** Fetch some. Return true if there are no more for now. */
  async #fetch(): Promise<boolean> {
    if (this.#mayHoldMore) {
      const known = [...this.#outbox.leaseIds(), ...this.#work.tasks.map(idOf)];
      this.#take(await this.#leases.held(known));
      this.#mayHoldMore = false;
      return false;
    }
    const { tasks, phase } = this.#work;
    const wait = phase === "empty" ? WAIT_SECONDS : 0;
    const prepared = await this.#leases.more(TASKS_MAX - tasks.length, wait);
    this.#take(prepared);
    if (prepared.length || this.#work.tasks.length) {
      return prepared.length === 0;
    }
    const explanation = await this.#leases.explain(this.#lastProject);
    this.#change((work) => ({ ...work, phase: "empty", explanation }));
    return false;
  }

  #take(prepared: readonly Prepared[]): void {
    const now = performance.now();
    for (const { task } of prepared) {
      this.#extendedAt.set(idOf(task), now);
      this.#lastProject = task.lease.project;
    }
    this.#change((work) =>
      changes.addTasks(
        work,
        prepared.map((one) => one.task),
      ),
    );
    const notice = prepared.find((one) => one.notice)?.notice;
    if (notice) {
      this.#tell(notice);
    }
  }

  /** Run a step that needs the network; say what is wrong, and wait, if it fails. */
  async #attempt<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await step();
      if (!this.#work.isOnline) {
        this.#change((work) => ({ ...work, isOnline: true }));
      }
      return result;
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Problem)) {
        throw error;
      }
      this.#mayHoldMore = true; // An answer that was lost on its way may have granted some.
      const isOnline = !(error instanceof NoAnswer);
      const notice = this.#work.tasks.length ? this.#work.notice : troubleNotice(error);
      this.#change((work) => ({ ...work, isOnline, notice }));
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return undefined;
    }
  }

  #tick(): void {
    const now = performance.now();
    const { tasks, phase } = this.#work;
    const leaseMs = 1000 * (tasks.map((task) => this.specOf(task)?.leaseSeconds ?? 900)[0] ?? 900);
    if (phase !== "away" && now - this.#activeAt > leaseMs) {
      this.#change((work) => ({ ...work, phase: "away" }));
    } else if (phase === "working") {
      const due = tasks.filter(
        (task) => now - (this.#extendedAt.get(idOf(task)) ?? 0) > leaseMs / 3,
      );
      void Promise.all(due.map((task) => this.#extend(task)));
    }
  }

  async #extend(task: Task): Promise<void> {
    const leaseId = idOf(task);
    if (task.changeUntil !== undefined) {
      return; // Its lease has ended with the answer.
    }
    this.#extendedAt.set(leaseId, performance.now());
    try {
      const expiresAt = await this.#leases.extend(leaseId);
      this.#change((work) => changes.setExpiry(work, leaseId, expiresAt));
    } catch (error) {
      if (error instanceof Problem && !error.isTemporary && error.status !== 401) {
        await this.#drafts.keepInBrowser(task);
        this.#lose(leaseId, error);
      }
    }
  }

  /** Ask the server which of the tasks in hand are still the person's. */
  async #checkLeases(): Promise<void> {
    await Promise.all(this.#work.tasks.map((task) => this.#extend(task)));
    await this.#refill();
  }

  #onNews(news: News): void {
    const isSuspended = news.name === "standing" && news.data["standing"] === "suspended";
    if (news.name === "spec" || isSuspended) {
      void this.#checkLeases();
    }
  }

  #onNetworkBack(): void {
    this.#outbox.retry();
    void this.#checkLeases();
  }

  #tell(notice: Notice | null): void {
    this.#change((work) => ({ ...work, notice }));
  }

  #change(change: (work: Work) => Work): void {
    this.#work = change(this.#work);
    for (const listener of this.#listeners) {
      listener();
    }
  }
}
