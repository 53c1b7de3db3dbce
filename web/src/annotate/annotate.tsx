import type { Services } from "../api/services";
import type { Session } from "../api/session";
import { TopBar } from "../ui/top-bar";
import styles from "./annotate.module.css";
import { NoTask } from "./no-task";
import { TaskScreen } from "./task-screen";
import { useWork } from "./use-work";

interface Props {
  readonly services: Services;
  readonly session: Session;
  readonly project: string | undefined;
  readonly onSignOut: () => void;
}

/** The annotators' screen: one task after the other. */
export function Annotate({ services, session, project, onSignOut }: Props) {
  const started = useWork(services, session, project);
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
      <TopBar name={session.name} where={where} work={work} onSignOut={onSignOut} />
      {task && spec ? (
        <TaskScreen bench={bench} work={work} task={task} spec={spec} />
      ) : (
        <NoTask bench={bench} work={work} />
      )}
    </div>
  );
}
