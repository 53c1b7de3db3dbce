/**
 * What the browser keeps for a person: unfinished answers, and answers that wait to be sent.
 *
 * It survives a reload, a crash and a lost network. Each person's entries are under their own key;
 * an entry goes away once the server has what it holds.
 */

import type { components } from "../api/types/queue";
import type { StoredDraft, Task } from "./task";

export interface Submission {
  readonly leaseId: string;
  readonly owner: string;
  /** When it was given: milliseconds since 1970. */
  readonly givenAt: number;
  readonly task: Task;
  readonly body:
    | { readonly kind: "annotation"; readonly content: AnnotationContent }
    | { readonly kind: "adjudication"; readonly content: AdjudicationContent }
    | { readonly kind: "review"; readonly content: ReviewContent }
    | { readonly kind: "correction"; readonly content: CorrectionContent }
    | { readonly kind: "skip"; readonly content: SkipContent };
}

export interface AnnotationContent {
  readonly label: Record<string, unknown>;
  readonly rules: string[];
  readonly note: string | null;
  readonly active_ms: number;
}

export type AdjudicationContent = components["schemas"]["AdjudicationRequest"];
export type ReviewContent = components["schemas"]["ReviewRequest"];
export type CorrectionContent = Omit<AnnotationContent, "active_ms">;

export interface SkipContent {
  readonly reason: SkipReason;
  readonly note: string | null;
  readonly labels: Record<string, unknown>[] | null;
}

export type SkipReason =
  | "two_labels_fit"
  | "guideline_does_not_cover"
  | "bad_data"
  | "not_my_skill"
  | "other";

const DATABASE = "labelwright";
const DRAFTS = "drafts";
const SUBMISSIONS = "submissions";

/** Entries of one person. */
export class BrowserStorage {
  readonly owner: string;
  #database: Promise<IDBDatabase> | undefined;

  constructor(owner: string) {
    this.owner = owner;
  }

  async draft(item: string): Promise<StoredDraft | undefined> {
    return this.#run(DRAFTS, "readonly", (store) => store.get(this.#key(item)));
  }

  async putDraft(item: string, draft: StoredDraft): Promise<void> {
    await this.#run(DRAFTS, "readwrite", (store) => store.put(draft, this.#key(item)));
  }

  async deleteDraft(item: string): Promise<void> {
    await this.#run(DRAFTS, "readwrite", (store) => store.delete(this.#key(item)));
  }

  /** Return the answers that wait to be sent, in the order in which they were given. */
  async submissions(): Promise<Submission[]> {
    const all = await this.#run<Submission[]>(SUBMISSIONS, "readonly", (store) => store.getAll());
    const own = all.filter((one) => one.owner === this.owner);
    return own.sort((first, second) => first.givenAt - second.givenAt);
  }

  async putSubmission(submission: Submission): Promise<void> {
    await this.#run(SUBMISSIONS, "readwrite", (store) => store.put(submission));
  }

  async deleteSubmission(leaseId: string): Promise<void> {
    await this.#run(SUBMISSIONS, "readwrite", (store) => store.delete(leaseId));
  }

  #key(item: string): string {
    return `${this.owner}/${item}`;
  }

  async #run<T>(
    name: string,
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest,
  ): Promise<T> {
    this.#database ??= open();
    const transaction = (await this.#database).transaction(name, mode);
    return settled<T>(act(transaction.objectStore(name)));
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(DRAFTS);
    request.result.createObjectStore(SUBMISSIONS, { keyPath: "leaseId" });
  };
  return settled(request);
}

function settled<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(request.error);
  });
}
