import { useQuery } from "@tanstack/react-query";
import { Redirect } from "wouter";
import { answerOf } from "../api/problem";
import type { Services } from "../api/services";
import type { Session } from "../api/session";
import styles from "./editor.module.css";
import { editorAddress } from "./place";
import { Trouble } from "./trouble";

interface Props {
  readonly services: Services;
  readonly session: Session;
}

/** Which project's specification: the only one at once, else a choice. */
export function ProjectChoice({ services, session }: Props) {
  const [own] = session.projects;
  const projects = useQuery({
    queryKey: ["projects"],
    queryFn: async () => (await answerOf(services.ingest.GET("/v1/projects"))).projects,
    enabled: session.projects.length !== 1,
  });
  const only = session.projects.length === 1 ? own : undefined;
  const name = only ?? (projects.data?.length === 1 ? projects.data[0]?.name : undefined);
  if (name) {
    return <Redirect to={`/spec/${encodeURIComponent(name)}`} replace />;
  }
  return (
    <main className={styles.body}>
      <div className={styles.content}>
        <h1>Which project?</h1>
        <Trouble what="The projects" error={projects.error} onRetry={projects.refetch} />
        {projects.data?.length === 0 ? (
          <p className="muted">
            There is no project yet: create one with `labelwright project create`.
          </p>
        ) : null}
        <ul>
          {projects.data?.map((project) => (
            <li key={project.name}>
              <a href={editorAddress(project.name)}>{project.title}</a>
            </li>
          ))}
        </ul>
      </div>
    </main>
  );
}
