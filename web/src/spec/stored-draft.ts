/** The unpublished draft of a project's specification, kept in this browser for one person. */

import type { components } from "../api/types/ingest";
import { isObject, readDocument, type SpecDocument } from "./document";

export type Relabel = components["schemas"]["SpecRequest"]["relabel"] & string;

/** The version that a draft began from. */
export interface Base {
  /** 0: the project has no version yet. */
  readonly version: number;
  readonly document: SpecDocument;
}

export interface StoredDraft {
  readonly base: Base;
  readonly document: SpecDocument;
  /** What was typed as JSON and cannot be read yet; null if the document is all there is. */
  readonly text: string | null;
  /** The ids of the issues that the next version resolves. */
  readonly resolves: readonly string[];
  readonly relabel: Relabel;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}

export class DraftStore {
  readonly #key: string;

  constructor(owner: string, project: string) {
    this.#key = `labelwright.spec-draft ${owner} ${project}`;
  }

  /** Return the draft; null if there is none that this page can read. */
  read(): StoredDraft | null {
    const text = localStorage.getItem(this.#key);
    return text === null ? null : readDraft(text);
  }

  /** Keep the draft; return false if the browser has no room for it. */
  write(draft: StoredDraft): boolean {
    try {
      localStorage.setItem(this.#key, JSON.stringify(draft));
      return true;
    } catch (error) {
      if (error instanceof DOMException && error.name === "QuotaExceededError") {
        return false;
      }
      throw error;
    }
  }

  remove(): void {
    localStorage.removeItem(this.#key);
  }
}

/** Read what a page has written, perhaps an older one. */
function readDraft(text: string): StoredDraft | null {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || !isObject(value["base"])) {
    return null;
  }
  const document = readDocument(value["document"]);
  const base = readDocument(value["base"]["document"]);
  if (!("document" in document) || !("document" in base)) {
    return null;
  }
  const own = value as unknown as StoredDraft;
  return { ...own, document: document.document, base: { ...own.base, document: base.document } };
}
