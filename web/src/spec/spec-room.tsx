import type { RoomProps } from "../rooms";
import { TopBar } from "../ui/top-bar";
import styles from "./editor.module.css";
import { EditorPage } from "./editor-page";
import { IssueListPage } from "./issue-list-page";
import { IssuePage } from "./issue-page";
import { placeOf } from "./place";
import { PlaceLinks } from "./place-links";
import { ProjectChoice } from "./project-choice";

/** The spec owner's room: the editor of a project's specification, and the issues with it. */
export default function SpecRoom({ services, session, project, rest, onSignOut }: RoomProps) {
  const place = placeOf(rest);
  return (
    <div className={styles.room}>
      <TopBar
        session={session}
        room="spec"
        project={project}
        where={project ?? ""}
        onSignOut={onSignOut}
      />
      {project === undefined ? (
        <ProjectChoice services={services} session={session} />
      ) : (
        <>
          <PlaceLinks services={services} project={project} place={place} />
          {place.kind === "editor" ? (
            <EditorPage
              key={rest}
              services={services}
              session={session}
              project={project}
              revision={place.revision}
            />
          ) : null}
          {place.kind === "issues" ? <IssueListPage services={services} project={project} /> : null}
          {place.kind === "issue" ? (
            <IssuePage
              key={place.issueId}
              services={services}
              project={project}
              issueId={place.issueId}
            />
          ) : null}
        </>
      )}
    </div>
  );
}
