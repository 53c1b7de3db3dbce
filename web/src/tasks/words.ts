/** What happened to a task, and what to do about it, in the words that annotators read. */

import { NoAnswer, Problem } from "../api/problem";
import type { Notice } from "./work";

const KEPT = "What you entered is kept and comes back with the item.";

const LOST: Readonly<Record<string, string>> = {
  "lease-expired": `The time for this task ran out, so it went back to the queue. ${KEPT}`,
  "lease-released": "This task was given back, so this answer was not taken.",
  "lease-skipped": "This task was skipped before, so this answer was not taken.",
  suspended: "Your work in this project is suspended. Ask the lead of the project why.",
  superseded: `The guidelines of this project have changed, so the task comes again under the new version. ${KEPT}`,
  withdrawn: "This task was withdrawn: nobody needs to answer it any more.",
  "already-answered": "Your earlier answer to this task stands: the time to change it is over.",
  "correction-too-late":
    "Your earlier answer to this task stands: it is too long ago to be corrected here. Tell the lead of the project.",
  "unknown-lease": `This task is no longer yours. ${KEPT}`,
};

/** Return what became of a task that the server does not take an answer for. */
export function lostNotice(problem: Problem): Notice {
  const isHarmless = ["superseded", "withdrawn", "lease-skipped"].includes(problem.type);
  const tone = isHarmless ? "info" : "warning";
  return { tone, text: LOST[problem.type] ?? problem.message };
}

export const REFUSED: Notice = {
  tone: "danger",
  text: "The server did not take this answer. Look at the marked field, mend it and submit again.",
};

export const NOTHING_TO_UNDO: Notice = {
  tone: "info",
  text: "There is no answer that can still be changed: this project gives no time for it, or the time is over.",
};

export const SKIP_STANDS: Notice = {
  tone: "info",
  text: "A skipped task is with somebody else now, so a skip cannot be undone.",
};

/** Return what to tell of a draft that was made under another version. */
export function droppedNotice(titles: readonly string[], version: number): Notice {
  const names = titles.map((title) => `“${title}”`).join(", ");
  return {
    tone: "warning",
    text: `Your unfinished answer came along. ${names} does not fit version ${version} of the guidelines: please answer again.`,
  };
}

/** Return what to tell while nothing can be fetched. */
export function troubleNotice(error: unknown): Notice {
  if (error instanceof NoAnswer) {
    return { tone: "warning", text: "The server does not answer. The page tries again by itself." };
  }
  const detail = error instanceof Problem ? error.message : String(error);
  return { tone: "danger", text: `No tasks can be fetched: ${detail}` };
}
