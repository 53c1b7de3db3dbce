/**
 * What the annotators' screen does: takes answers, and survives what happens to leases and networks
 * meanwhile. It knows nothing of React; `useWork` shows its state.
 */

import type { Problem } from "../api/problem";
import type { Services } from "../api/services";
import type { Session } from "../api/session";
import { claim, release } from "./claims";
import { DraftSaver } from "./draft-saver";
import { Leases } from "./leases";
import { type News, readNews } from "./news";
import { Outbox } from "./outbox";
import { type Spec, Specs } from "./spec";
import { pointerOnScreen, type StageWork } from "./stage";
import { BrowserStorage, type SkipContent, type Submission } from "./storage";
import { Store } from "./store";
import { Supply } from "./supply";
import { type Draft, itemKey, labelToSend, type Task } from "./task";
import { lostNotice, NOTHING_TO_UNDO, REFUSED, SKIP_STANDS } from "./words";
import * as changes from "./work";
import { idOf, NO_WORK, type Notice, type Sent, type Work } from "./work";

const TICK_MS = 1000;

/** What the screen of a task asks of its workbench. */
export type Bench = Pick<
  Workbench,
  "specOf" | "edit" | "submit" | "skip" | "undo" | "revise" | "keepStored" | "dismiss"
>;

export class Workbench {
  readonly store = new Store<Work>(NO_WORK);
  readonly #specs: Specs;
  readonly #storage: BrowserStorage;
  readonly #outbox: Outbox;
  readonly #drafts: DraftSaver;
  readonly #supply: Supply;
  readonly #stop = new AbortController();

  constructor(
    private readonly services: Services,
    private readonly session: Session,
    project: string | undefined,
    private readonly stage: StageWork,
  ) {
    this.#specs = new Specs(services, stage);
    this.#storage = new BrowserStorage(session.owner);
    this.#drafts = new DraftSaver(services, this.#storage, (id, error) => this.#lose(id, error));
    this.#outbox = new Outbox(services, this.#storage, stage.stage, {
      stored: (one, changeUntil) => this.#onStored(one, changeUntil),
      refused: (one, problem) => void this.#onRefused(one, problem),
      waiting: (waiting, isOnline) => this.#change((work) => ({ ...work, waiting, isOnline })),
    });
    const parts = {
      store: this.store,
      leases: new Leases(services, this.#specs, this.#storage, project, stage),
      specs: this.#specs,
      tasksMax: stage.tasksMax,
      waiting: () => this.#outbox.leaseIds(),
      onLost: (task: Task, problem: Problem) => void this.#onLost(task, problem),
    };
    this.#supply = new Supply(parts, project ?? session.projects[0]);
  }

  /** Begin; return what ends it. */
  start(): () => void {
    const timer = setInterval(() => this.#supply.tick(), TICK_MS);
    const goOn = () => this.#onNetworkBack();
    window.addEventListener("online", goOn);
    void this.#resume();
    void readNews(this.services, this.#stop.signal, (n) => this.#onNews(n));
    return () => {
      this.#stop.abort();
      this.#supply.stop();
      this.#outbox.close();
      clearInterval(timer);
      window.removeEventListener("online", goOn);
      release(this.store.get().tasks.map(idOf));
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
    const answers = labelToSend(spec.fields, task.draft.label);
    const problems = this.stage.problems(spec, task, answers);
    if (problems.length) {
      this.#change((work) => changes.setProblems(work, idOf(task), problems));
      return false;
    }
    this.#finish(task, this.stage.submission(task, answers, activeMs));
    return true;
  }

  /** Pass the task on, with the reason. */
  skip(task: Task, content: SkipContent): void {
    this.#finish(task, { kind: "skip", content });
  }

  /** Put the newest answer that can be changed back on the screen. */
  async undo(): Promise<void> {
    const [newest] = this.store.get().sent;
    if (newest && !newest.isStored && (await this.#outbox.cancel(idOf(newest.task)))) {
      this.#change((work) => changes.bringBack(work, newest.task, null));
      return;
    }
    const sent = changes.changeable(this.store.get(), Date.now());
    if (sent) {
      this.revise(sent);
    } else {
      this.#tell(newest?.skipped ? SKIP_STANDS : NOTHING_TO_UNDO);
    }
  }

  /** Put one of the person's stored answers back on the screen, to be changed or corrected. */
  revise(sent: Sent): void {
    const isChange = changes.canChange(sent, Date.now());
    const task = { ...sent.task, changeUntil: isChange ? sent.changeUntil : null };
    this.#change((work) => changes.bringBack(work, task, null));
  }

  /** Leave an answer that was to be changed as it is stored. */
  keepStored(task: Task): void {
    const changeUntil = task.changeUntil ?? null;
    this.#change((work) => changes.keepStored(work, task, changeUntil));
    void this.#supply.refill();
  }

  dismiss(): void {
    this.#tell(null);
  }

  /** Note that the person is there: leases are held for as long as that is so. */
  noteActivity(): void {
    this.#supply.noteActivity();
  }

  #finish(task: Task, body: Submission["body"]): void {
    this.#drafts.cancel(task);
    this.#change((work) => changes.finish(work, task, body.kind === "skip"));
    const { owner } = this.session;
    void this.#outbox.add({ leaseId: idOf(task), owner, givenAt: Date.now(), task, body });
    void this.#supply.refill();
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
        pointer: pointerOnScreen(one.pointer),
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
    void this.#supply.refill();
  }

  async #resume(): Promise<void> {
    const waiting = await this.#outbox.restore();
    this.#change((work) => ({ ...work, waiting }));
    await this.#supply.refill();
  }

  async #onLost(task: Task, problem: Problem): Promise<void> {
    await this.#drafts.keepInBrowser(task);
    this.#lose(idOf(task), problem);
  }

  #onNews(news: News): void {
    const isSuspended = news.name === "standing" && news.data["standing"] === "suspended";
    if (news.name === "spec" || isSuspended) {
      void this.#supply.checkLeases();
    }
  }

  #onNetworkBack(): void {
    this.#outbox.retry();
    void this.#supply.checkLeases();
  }

  #tell(notice: Notice | null): void {
    this.#change((work) => ({ ...work, notice }));
  }

  #change(change: (work: Work) => Work): void {
    this.store.change(change);
  }
}
