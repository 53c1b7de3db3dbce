import styles from "./notice-bar.module.css";
import type { Notice, Work } from "./work";

/** What happened, in words, above the task. Screen readers say it at once. */
export function NoticeBar({
  work,
  onDismiss,
}: {
  readonly work: Work;
  readonly onDismiss: () => void;
}) {
  const offline = work.isOnline ? null : offlineNotice(work.waiting);
  return (
    <div className={styles.notices} role="status">
      {offline ? <Bar notice={offline} /> : null}
      {work.notice ? <Bar notice={work.notice} onDismiss={onDismiss} /> : null}
    </div>
  );
}

function offlineNotice(waiting: number): Notice {
  const answers = waiting === 1 ? "1 answer waits" : `${waiting} answers wait`;
  const kept = waiting ? `${answers} in this browser until it does.` : "Nothing is lost.";
  return {
    tone: "warning",
    text: `The server does not answer; your network may be away. You can go on with the tasks in hand. ${kept}`,
  };
}

function Bar({ notice, onDismiss }: { readonly notice: Notice; readonly onDismiss?: () => void }) {
  return (
    <div className={styles.notice} data-tone={notice.tone}>
      <p>{notice.text}</p>
      {onDismiss ? (
        <button type="button" className="button quiet" onClick={onDismiss}>
          Dismiss
        </button>
      ) : null}
    </div>
  );
}
