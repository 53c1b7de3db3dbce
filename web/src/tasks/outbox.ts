/**
 * Sends answers in the order in which they were given, and again until the server has spoken.
 *
 * An answer is in the browser's storage before it leaves the screen. The lease is its key, so
 * sending it twice does no harm.
 */

import { answerOf, NoAnswer, Problem } from "../api/problem";
import type { Services } from "../api/services";
import type { BrowserStorage, Submission } from "./storage";
import type { Lease } from "./task";

export interface Outcomes {
  /** The server has the answer; `changeUntil` is null if it cannot be changed. */
  readonly stored: (submission: Submission, changeUntil: string | null) => void;
  /** The server will never take it. */
  readonly refused: (submission: Submission, problem: Problem) => void;
  /** How many wait, and whether the server answers. */
  readonly waiting: (count: number, isOnline: boolean) => void;
}

const RETRY_MS = 3000;

export class Outbox {
  readonly #queue: Submission[] = [];
  #sending: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #isCalling = false;
  #isClosed = false;

  constructor(
    private readonly services: Services,
    private readonly storage: BrowserStorage,
    /** Answers of other stages are sent by the screens of those. */
    private readonly stage: Lease["stage"],
    private readonly outcomes: Outcomes,
  ) {}

  /** Return the leases whose answers wait to be sent. */
  leaseIds(): readonly string[] {
    return this.#queue.map((one) => one.leaseId);
  }

  /** Take up what an earlier page left. Return how many answers that are. */
  async restore(): Promise<number> {
    const all = await this.storage.submissions();
    const left = all.filter(({ task }) => task.lease.stage === this.stage);
    this.#queue.push(...left);
    this.#start();
    return left.length;
  }

  /** Keep an answer and send it; one that the browser cannot keep is sent all the same. */
  async add(submission: Submission): Promise<void> {
    this.#queue.push(submission);
    try {
      await this.storage.putSubmission(submission);
    } finally {
      this.#start();
    }
  }

  /** Take an answer back that was not sent yet. False if it is on its way or stored. */
  async cancel(leaseId: string): Promise<boolean> {
    const at = this.#queue.findIndex((one) => one.leaseId === leaseId);
    if (at < 0 || (at === 0 && this.#isCalling)) {
      return false;
    }
    this.#queue.splice(at, 1);
    await this.storage.deleteSubmission(leaseId);
    this.outcomes.waiting(this.#queue.length, true);
    return true;
  }

  /** Try again now: the network is back. */
  retry(): void {
    this.#wake?.();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  #start(): void {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#queue[0]; next && !this.#isClosed; next = this.#queue[0]) {
      this.#isCalling = true;
      const wait = await this.#send(next);
      this.#isCalling = false;
      if (wait > 0) {
        this.outcomes.waiting(this.#queue.length, false);
        await this.#pause(wait);
      } else {
        this.#queue.shift();
        await this.storage.deleteSubmission(next.leaseId);
        this.outcomes.waiting(this.#queue.length, true);
      }
    }
  }

  /** Send one. Return 0 if that is settled, else the milliseconds after which to try again. */
  async #send(one: Submission): Promise<number> {
    try {
      this.outcomes.stored(one, await this.#call(one));
      return 0;
    } catch (error) {
      if (error instanceof NoAnswer) {
        return RETRY_MS;
      }
      if (!(error instanceof Problem)) {
        throw error;
      }
      if (error.isTemporary || error.status === 401) {
        return (error.retryAfter ?? 3) * 1000;
      }
      this.outcomes.refused(one, error);
      return 0;
    }
  }

  async #call({ leaseId, body }: Submission): Promise<string | null> {
    const params = { path: { lease_id: leaseId } };
    const { queue } = this.services;
    switch (body.kind) {
      case "annotation": {
        const path = "/v1/leases/{lease_id}/annotation";
        const accepted = await answerOf(queue.PUT(path, { params, body: body.content }));
        return accepted.held_until ?? null;
      }
      case "correction":
        await answerOf(
          queue.PUT("/v1/leases/{lease_id}/correction", { params, body: body.content }),
        );
        return null;
      case "adjudication": {
        const path = "/v1/leases/{lease_id}/adjudication";
        await answerOf(queue.PUT(path, { params, body: body.content }));
        return null;
      }
      case "review":
        await answerOf(queue.PUT("/v1/leases/{lease_id}/review", { params, body: body.content }));
        return null;
      case "skip":
        await answerOf(queue.POST("/v1/leases/{lease_id}/skip", { params, body: body.content }));
        return null;
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
