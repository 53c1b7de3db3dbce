import { useState } from "react";
import type { RoomProps } from "../rooms";
import { TopBar } from "../ui/top-bar";
import { LeadHelp } from "./help";
import styles from "./lead.module.css";
import { ProjectList } from "./project-list";
import { ProjectScreen } from "./project-screen";
import { useHelpKey } from "./use-lead-keys";

/** The lead's screens: all projects, or one with its views. */
export default function Lead({ services, session, project, rest, onSignOut }: RoomProps) {
  const [isHelpOpen, setHelpOpen] = useState(false);
  useHelpKey(() => setHelpOpen(true));
  return (
    <div className={styles.screen}>
      <TopBar
        session={session}
        room="lead"
        project={project}
        where={project ?? "All projects"}
        onSignOut={onSignOut}
        progress={
          <button type="button" className="button quiet" onClick={() => setHelpOpen(true)}>
            Help
          </button>
        }
      />
      {project === undefined ? (
        <ProjectList services={services} session={session} />
      ) : (
        <ProjectScreen services={services} project={project} rest={rest} />
      )}
      {isHelpOpen ? <LeadHelp onClose={() => setHelpOpen(false)} /> : null}
    </div>
  );
}
