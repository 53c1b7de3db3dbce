import type { RoomProps } from "../rooms";
import { NoTask } from "../tasks/no-task";
import panes from "../tasks/panes.module.css";
import { useWork } from "../tasks/use-work";
import { TopBar } from "../ui/top-bar";
import { DecisionScreen } from "./decision-screen";
import type { Look } from "./look";

/** The screen of a stage in which people decide between answers: one task after the other. */
export function SecondLook({ look, ...props }: RoomProps & { readonly look: Look }) {
  const { services, session, project, onSignOut } = props;
  const started = useWork(services, session, project, look.work);
  if (!started) {
    return null;
  }
  const { bench, work } = started;
  const task = work.tasks[0];
  const spec = task && bench.specOf(task);
  const asked = task?.lease.project ?? project ?? session.projects[0];
  const where = task ? `${task.lease.project} · version ${task.lease.spec_version}` : (asked ?? "");
  const { Count } = look;

  return (
    <div className={panes.screen}>
      <TopBar
        session={session}
        room={look.room}
        project={project}
        where={where}
        progress={
          <>
            {Count ? <Count {...{ services, work }} project={asked} /> : null}
            {`${work.answered} decided${work.waiting ? `, ${work.waiting} to be sent` : ""}`}
          </>
        }
        onSignOut={onSignOut}
      />
      {task && spec ? (
        <DecisionScreen {...{ services, bench, work, task, spec, look }} project={asked} />
      ) : (
        <NoTask bench={bench} work={work}>
          <look.Empty {...{ services, work }} project={asked} />
        </NoTask>
      )}
    </div>
  );
}
