import { OwnKeysContext, useStoredKeys } from "../keys/use-own-keys";
import type { RoomProps } from "../rooms";
import { NoTask } from "../tasks/no-task";
import styles from "../tasks/panes.module.css";
import { useWork } from "../tasks/use-work";
import { TopBar } from "../ui/top-bar";
import { ANNOTATION } from "./annotation";
import { TaskScreen } from "./task-screen";

/** The annotators' screen: one task after the other. */
export default function Annotate({ services, session, project, onSignOut }: RoomProps) {
  const started = useWork(services, session, project, ANNOTATION);
  const keys = useStoredKeys(services, session);
  if (!started) {
    return null;
  }
  const { bench, work } = started;
  const task = work.tasks[0];
  const spec = task && bench.specOf(task);
  const where = task
    ? `${task.lease.project} · version ${task.lease.spec_version}`
    : (project ?? "");

  return (
    <div className={styles.screen}>
      <TopBar
        session={session}
        room="annotate"
        project={project}
        where={where}
        progress={`${work.answered} answered${work.waiting ? `, ${work.waiting} to be sent` : ""}`}
        onSignOut={onSignOut}
      />
      {task && spec ? (
        <OwnKeysContext value={keys}>
          <TaskScreen bench={bench} work={work} task={task} spec={spec} />
        </OwnKeysContext>
      ) : (
        <NoTask bench={bench} work={work} />
      )}
    </div>
  );
}
