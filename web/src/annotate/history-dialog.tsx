import { canChange, canRevise, idOf, type Sent, type Work } from "../tasks/work";
import type { Bench } from "../tasks/workbench";
import { Dialog } from "../ui/dialog";
import { titleOf } from "../validate/sentences";
import styles from "./history-dialog.module.css";

interface Props {
  readonly work: Work;
  readonly bench: Bench;
  readonly onRevise: (sent: Sent) => void;
  readonly onClose: () => void;
}

const SNIPPET_CHARACTERS = 90;

/** The person's own answers in this tab, the newest first, to be changed or corrected. */
export function HistoryDialog({ work, bench, onRevise, onClose }: Props) {
  const now = Date.now();
  return (
    <Dialog title="My answers" onClose={onClose}>
      {work.sent.length === 0 ? <p className="muted">You have not answered anything yet.</p> : null}
      <ol className={styles.list}>
        {work.sent.map((sent) => (
          <li key={idOf(sent.task)} className={styles.entry}>
            <div>
              <p className={styles.item}>{snippet(sent)}</p>
              <p className={styles.answer}>{answerOf(sent, bench)}</p>
            </div>
            {canRevise(sent) ? (
              <button type="button" className="button" onClick={() => onRevise(sent)}>
                {canChange(sent, now) ? "Change" : "Correct"}
              </button>
            ) : (
              <span className="muted">{sent.isStored ? "stored" : "waits to be sent"}</span>
            )}
          </li>
        ))}
      </ol>
    </Dialog>
  );
}

function snippet({ task }: Sent): string {
  const texts = Object.values(task.payload).map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
  return texts.join(" · ").slice(0, SNIPPET_CHARACTERS);
}

function answerOf(sent: Sent, bench: Bench): string {
  if (sent.skipped) {
    return "Skipped";
  }
  const spec = bench.specOf(sent.task);
  const { label } = sent.task.draft;
  const answered = spec?.fields.filter((field) => label[field.name] !== undefined) ?? [];
  return answered
    .map((field) => {
      const words = spec?.widgets.get(field.kind)?.describe(field, label[field.name]);
      const title = titleOf(field);
      return `${title}${/[.:?!]$/.test(title) ? "" : ":"} ${words ?? ""}`;
    })
    .join(" · ");
}
