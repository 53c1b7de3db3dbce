import type { RoomProps } from "../rooms";
import { NoTask } from "../tasks/no-task";
import panes from "../tasks/panes.module.css";
import { useWork } from "../tasks/use-work";
import { TopBar } from "../ui/top-bar";
import type { DecisionRoom } from "./decision-room";
import { DecisionScreen } from "./decision-screen";

/** The screen of a stage in which people decide between answers: one task after the other. */
export function SecondLook({ room, ...props }: RoomProps & { readonly room: DecisionRoom }) {
  const { services, session, project, onSignOut } = props;
  const started = useWork(services, session, project, room.work);
  if (!started) {
    return null;
  }
  const { bench, work } = started;
  const task = work.tasks[0];
  const spec = task && bench.specOf(task);
  const asked = task?.lease.project ?? project ?? session.projects[0];
  const where = task ? `${task.lease.project} · version ${task.lease.spec_version}` : (asked ?? "");
  const { Count } = room;

  return (
    <div className={panes.screen}>
      <TopBar
        session={session}
        room={room.name}
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
        <DecisionScreen {...{ services, bench, work, task, spec, room }} project={asked} />
      ) : (
        <NoTask bench={bench} work={work}>
          <room.Empty {...{ services, work }} project={asked} />
        </NoTask>
      )}
    </div>
  );
}
