import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answerOf } from "../api/problem";
import type { Services } from "../api/services";
import { labelOf } from "../tasks/stage";
import { labelToSend } from "../tasks/task";
import { idOf, type Sent, type Work } from "../tasks/work";
import type { Workbench } from "../tasks/workbench";
import { Dialog } from "../ui/dialog";
import { letterOf } from "./candidates";
import type { DecisionRoom } from "./decision-room";
import styles from "./evidence.module.css";
import { labelInWords } from "./label-in-words";

interface Props {
  readonly services: Services;
  readonly bench: Workbench;
  readonly work: Work;
  readonly room: DecisionRoom;
  readonly onClose: () => void;
}

const SNIPPET_CHARACTERS = 90;

/** The person's own decisions in this tab, the newest first, each with the answers of others. */
export function DecidedDialog({ services, bench, work, room, onClose }: Props) {
  return (
    <Dialog title="My decisions" onClose={onClose}>
      {work.sent.length === 0 ? <p className="muted">You have not decided anything yet.</p> : null}
      <ol className={styles.list}>
        {work.sent.map((sent) => (
          <Entry key={idOf(sent.task)} {...{ services, bench, room, sent }} />
        ))}
      </ol>
    </Dialog>
  );
}

type EntryProps = Omit<Props, "work" | "onClose"> & { readonly sent: Sent };

function Entry({ services, bench, room, sent }: EntryProps) {
  const [isOpen, setOpen] = useState(false);
  const { task, skipped, isStored } = sent;
  const spec = bench.specOf(task);
  const answers = spec ? labelToSend(spec.fields, task.draft.label) : {};
  const label = spec ? labelInWords(spec, labelOf(answers)) : "";
  const item = Object.values(task.payload).map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
  return (
    <li className={styles.entry}>
      <span className={styles.small}>{item.join(" · ").slice(0, SNIPPET_CHARACTERS)}</span>
      <strong>{skipped ? "Skipped" : label || room.decisionInWords(answers)}</strong>
      {!skipped && label ? <span>{room.decisionInWords(answers)}</span> : null}
      {isStored && !skipped ? (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>How others answered</summary>
          {isOpen ? <Others {...{ services, bench, sent }} /> : null}
        </details>
      ) : (
        <span className={styles.small}>{isStored ? "stored" : "waits to be sent"}</span>
      )}
    </li>
  );
}

function Others({ services, bench, sent: { task } }: Omit<EntryProps, "room">) {
  const taskId = task.lease.task_id;
  const found = useQuery({
    queryKey: ["task", taskId],
    queryFn: () => {
      const params = { path: { task_id: taskId } };
      return answerOf(services.consensus.GET("/v1/tasks/{task_id}", { params }));
    },
  });
  const spec = bench.specOf(task);
  if (found.isError) {
    return <p className="muted">Their answers could not be loaded.</p>;
  }
  if (!found.data || !spec) {
    return <p className="muted">Loading …</p>;
  }
  const { votes } = found.data;
  return (
    <ul className={styles.list}>
      {votes.length === 0 ? <li className="muted">Nobody answered.</li> : null}
      {votes.map(({ annotation_id, label }, place) => (
        <li key={annotation_id}>
          <strong>{letterOf(place)}</strong> {labelInWords(spec, label)}
        </li>
      ))}
    </ul>
  );
}
