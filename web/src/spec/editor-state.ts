/** The state of the editor and its changes. The forms and the JSON text are two views of one document. */

import { formatDocument, parseDocument, type SpecDocument } from "./document";
import { mergeDocuments } from "./merge";
import type { Base, Relabel, StoredDraft } from "./stored-draft";

export interface EditorState {
  readonly base: Base;
  readonly document: SpecDocument;
  /** The JSON as it is being typed; null while it is simply that of the document. */
  readonly text: string | null;
  /** Why the typed JSON cannot be shown in the forms; null if it can. */
  readonly textFault: string | null;
  readonly resolves: readonly string[];
  readonly relabel: Relabel;
  /** What the draft and the version that it was carried over to have both changed. */
  readonly conflicts: readonly string[];
}

export type Action =
  | { readonly type: "edit"; readonly document: SpecDocument }
  | { readonly type: "type"; readonly text: string }
  | { readonly type: "resolve"; readonly issueId: string; readonly isResolved: boolean }
  | { readonly type: "relabel"; readonly relabel: Relabel }
  | { readonly type: "rebase"; readonly base: Base }
  /** Go on to a newer version with a draft that changes nothing of the document. */
  | { readonly type: "follow"; readonly base: Base }
  /** Begin from a version, without what was changed since. */
  | { readonly type: "reset"; readonly base: Base };

export function startFrom(base: Base): EditorState {
  const { document } = base;
  const rest = {
    text: null,
    textFault: null,
    resolves: [],
    relabel: "none",
    conflicts: [],
  } as const;
  return { base, document, ...rest };
}

export function restore({ base, document, text, resolves, relabel }: StoredDraft): EditorState {
  const state = { ...startFrom(base), document, resolves, relabel };
  return text === null ? state : reduce(state, { type: "type", text });
}

export function reduce(state: EditorState, action: Action): EditorState {
  switch (action.type) {
    case "edit":
      return { ...state, document: action.document, text: null, textFault: null };
    case "type":
      return typed(state, action.text);
    case "resolve": {
      const others = state.resolves.filter((one) => one !== action.issueId);
      const resolves = action.isResolved ? [...others, action.issueId] : others;
      return { ...state, resolves };
    }
    case "relabel":
      return { ...state, relabel: action.relabel };
    case "rebase": {
      const merged = mergeDocuments(state.base.document, state.document, action.base.document);
      return { ...state, ...merged, base: action.base, text: null, textFault: null };
    }
    case "follow":
      return { ...state, base: action.base, document: action.base.document, text: null };
    case "reset":
      return startFrom(action.base);
  }
}

function typed(state: EditorState, text: string): EditorState {
  const parsed = parseDocument(text);
  if ("fault" in parsed) {
    return { ...state, text, textFault: parsed.fault };
  }
  return { ...state, text, textFault: null, document: parsed.document };
}

/** Return the JSON to show: as it was typed, else that of the document. */
export function textOf(state: EditorState): string {
  return state.text ?? formatDocument(state.document);
}

/** True if the draft differs from the version that it began from. */
export function isChanged({ base, document, textFault }: EditorState): boolean {
  return textFault !== null || formatDocument(document) !== formatDocument(base.document);
}
