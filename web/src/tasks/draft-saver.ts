/** Keeps unfinished answers: in the browser at once, on the server when the typing pauses. */

import { answerOf, NoAnswer, Problem } from "../api/problem";
import type { Services } from "../api/services";
import type { BrowserStorage } from "./storage";
import { itemKey, type StoredDraft, type Task } from "./task";

const PAUSE_MS = 700;

export class DraftSaver {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly services: Services,
    private readonly storage: BrowserStorage,
    /** Called if the lease of the task is gone. */
    private readonly onLost: (leaseId: string, problem: Problem) => void,
  ) {}

  save(task: Task): void {
    void this.keepInBrowser(task);
    if (task.changeUntil === undefined) {
      this.cancel(task);
      const timer = setTimeout(() => void this.#send(task), PAUSE_MS);
      this.#timers.set(task.lease.lease_id, timer);
    }
  }

  /** Keep the answer for the next lease on the item. */
  async keepInBrowser(task: Task): Promise<void> {
    await this.storage.putDraft(itemKey(task.lease), stored(task));
  }

  /** Save nothing more of the task: it is answered. */
  cancel(task: Task): void {
    clearTimeout(this.#timers.get(task.lease.lease_id));
    this.#timers.delete(task.lease.lease_id);
  }

  async #send(task: Task): Promise<void> {
    const params = { path: { lease_id: task.lease.lease_id } };
    const body = { draft: stored(task) };
    try {
      await answerOf(this.services.queue.PUT("/v1/leases/{lease_id}/draft", { params, body }));
    } catch (error) {
      if (error instanceof Problem && [404, 409].includes(error.status)) {
        this.onLost(task.lease.lease_id, error);
      } else if (!(error instanceof NoAnswer || error instanceof Problem)) {
        throw error;
      } // Else the browser has it, and the next change is sent again.
    }
  }
}

function stored(task: Task): StoredDraft {
  return { ...task.draft, spec_version: task.lease.spec_version, saved_at: Date.now() };
}
