import type { ReactNode } from "react";
import styles from "./no-task.module.css";
import { NoticeBar } from "./notice-bar";
import { changeable, type Work } from "./work";
import type { Workbench } from "./workbench";

interface Props {
  readonly bench: Workbench;
  readonly work: Work;
  /** What the screen adds to the reasons. */
  readonly children?: ReactNode;
}

/** What stands in the place of a task: that one is looked for, or why there is none. */
export function NoTask({ bench, work, children }: Props) {
  const notices = <NoticeBar work={work} onDismiss={() => bench.dismiss()} />;
  if (work.phase === "looking" || work.phase === "working") {
    return (
      <main className={styles.place}>
        {notices}
        <p className="muted">Getting your next task …</p>
      </main>
    );
  }
  const isAway = work.phase === "away";
  return (
    <main className={styles.place}>
      {notices}
      <div className={styles.card}>
        <h1 className={styles.title}>
          {isAway ? "You were away for a while" : "There is nothing for you to do now"}
        </h1>
        {isAway ? (
          <p>Move the mouse or press a key to go on. What you entered is kept.</p>
        ) : (
          <>
            {work.explanation.map((sentence) => (
              <p key={sentence}>{sentence}</p>
            ))}
            {children}
            <p className="muted">Leave this page open: the next task appears here by itself.</p>
          </>
        )}
        {changeable(work, Date.now()) ? (
          <button type="button" className="button" onClick={() => void bench.undo()}>
            Go back to my last answer
          </button>
        ) : null}
      </div>
    </main>
  );
}
