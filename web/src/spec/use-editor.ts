import { useEffect, useMemo, useReducer, useState } from "react";
import {
  type Action,
  type EditorState,
  isChanged,
  reduce,
  restore,
  startFrom,
} from "./editor-state";
import type { Revision } from "./place";
import { type Base, DraftStore } from "./stored-draft";

interface Editing {
  readonly state: EditorState;
  readonly dispatch: (action: Action) => void;
  /** When the draft that the editor opened with was kept (milliseconds since 1970); null without one. */
  readonly restoredAt: number | null;
  /** False if the browser has no room to keep the draft. */
  readonly isKept: boolean;
}

/**
 * The draft of a project: taken up where it was left, else begun from the published version.
 *
 * A `revision` adds its issue to those that the draft resolves.
 */
export function useEditor(
  owner: string,
  project: string,
  published: Base,
  revision: Revision | undefined,
): Editing {
  const store = useMemo(() => new DraftStore(owner, project), [owner, project]);
  const [stored] = useState(() => store.read());
  const [state, dispatch] = useReducer(reduce, null, () => {
    const begun = stored ? restore(stored) : startFrom(published);
    return revision
      ? reduce(begun, { type: "resolve", issueId: revision.issueId, isResolved: true })
      : begun;
  });
  const [isKept, setKept] = useState(true);

  useEffect(() => {
    if (!isChanged(state) && state.base.version !== published.version) {
      dispatch({ type: "follow", base: published });
    }
  }, [state, published]);

  useEffect(() => {
    const { base, document, text, textFault, resolves, relabel } = state;
    if (!isChanged(state) && resolves.length === 0) {
      store.remove();
      return;
    }
    const unread = textFault === null ? null : text;
    setKept(store.write({ base, document, text: unread, resolves, relabel, savedAt: Date.now() }));
  }, [state, store]);

  return { state, dispatch, restoredAt: stored?.savedAt ?? null, isKept };
}
