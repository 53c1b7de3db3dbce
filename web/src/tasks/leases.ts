/** Gets tasks from the queue, ready to be shown: spec, payload and draft are there with the lease. */

import { answerOf, NoAnswer, Problem } from "../api/problem";
import type { Services } from "../api/services";
import { titleOf } from "../validate/sentences";
import type { Payload } from "../widgets/widget";
import { claim, release } from "./claims";
import type { Spec, Specs } from "./spec";
import type { StageWork } from "./stage";
import type { BrowserStorage } from "./storage";
import { EMPTY_DRAFT, fitDraft, itemKey, type Lease, readDraft, type Task } from "./task";
import { droppedNotice } from "./words";
import type { Notice } from "./work";

export interface Prepared {
  readonly task: Task;
  /** What to tell of a draft that came along. */
  readonly notice: Notice | null;
}

export class Leases {
  constructor(
    private readonly services: Services,
    private readonly specs: Specs,
    private readonly storage: BrowserStorage,
    /** The only project to work in; without it all that the token is for. */
    private readonly project: string | undefined,
    private readonly stage: StageWork,
  ) {}

  /** Return the tasks that the person holds already and no other tab has. */
  async held(except: readonly string[]): Promise<Prepared[]> {
    const { leases } = await answerOf(this.services.queue.GET("/v1/leases"));
    const own = leases.filter(
      (lease) =>
        lease.stage === this.stage.stage &&
        (this.project === undefined || lease.project === this.project) &&
        !except.includes(lease.lease_id),
    );
    return this.#prepare(own);
  }

  /** Ask for more; wait for some if there are none. */
  async more(count: number, waitSeconds: number): Promise<Prepared[]> {
    const body = {
      stages: [this.stage.stage],
      projects: this.project === undefined ? null : [this.project],
      count,
      wait_seconds: waitSeconds,
    };
    const { leases } = await answerOf(this.services.queue.POST("/v1/leases", { body }));
    return this.#prepare(leases);
  }

  /** Hold a lease longer. Throws Problem if it is gone. */
  async extend(leaseId: string): Promise<string> {
    const params = { path: { lease_id: leaseId } };
    const call = this.services.queue.POST("/v1/leases/{lease_id}/heartbeat", { params });
    return (await answerOf(call)).expires_at;
  }

  /** Return why there is no work, in sentences; none if no project is known. */
  async explain(project: string | undefined): Promise<readonly string[]> {
    const asked = this.project ?? project;
    if (asked === undefined) {
      return [];
    }
    const params = { query: { project: asked } };
    return (await answerOf(this.services.queue.GET("/v1/explain", { params }))).sentences;
  }

  async #prepare(leases: readonly Lease[]): Promise<Prepared[]> {
    const claims = await Promise.all(leases.map((lease) => claim(lease.lease_id)));
    const own = leases.filter((_, index) => claims[index]);
    try {
      return await Promise.all(own.map((lease) => this.#one(lease)));
    } catch (error) {
      release(own.map((lease) => lease.lease_id)); // They are looked at again.
      throw error;
    }
  }

  async #one(lease: Lease): Promise<Prepared> {
    const [spec, payload] = await Promise.all([
      this.specs.load(lease.project, lease.spec_version),
      this.#payload(lease),
    ]);
    const draft = { ...EMPTY_DRAFT, label: this.stage.begin(lease) };
    return this.#withDraft({ lease, payload, draft, problems: [] }, spec);
  }

  /** Return the payload; one that is too large for the lease is fetched from its own address. */
  async #payload(lease: Lease): Promise<Payload> {
    if (!lease.blob) {
      return lease.payload ?? {};
    }
    const address = new URL(lease.blob.url, `${this.services.addressOf("queue")}/`);
    const response = await fetch(address).catch((error: unknown) => {
      throw new NoAnswer(String(error));
    });
    if (!response.ok) {
      throw new Problem(response.status, { title: "The item could not be loaded." }, undefined);
    }
    return (await response.json()) as Payload;
  }

  /** Add the newer of the server's and the browser's draft of the item. */
  async #withDraft(task: Task, spec: Spec): Promise<Prepared> {
    const local = await this.storage.draft(itemKey(task.lease));
    const remote = readDraft(task.lease.draft);
    const stored = remote && remote.saved_at >= (local?.saved_at ?? 0) ? remote : (local ?? remote);
    if (!stored) {
      return { task, notice: null };
    }
    const ruleIds = spec.rules.map((rule) => rule.id);
    const { draft, dropped } = fitDraft(stored, spec.version, spec.check, ruleIds);
    const titles = spec.fields
      .filter((field) => dropped.includes(field.name))
      .map((f) => titleOf(f));
    const notice = titles.length ? droppedNotice(titles, spec.version) : null;
    return { task: { ...task, draft }, notice };
  }
}
