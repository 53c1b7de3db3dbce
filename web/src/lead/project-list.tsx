import { useState } from "react";
import type { Services } from "../api/services";
import type { Session } from "../api/session";
import { addressOfRoom } from "../rooms";
import { type Column, SortableTable } from "../ui/sortable-table";
import styles from "./lead.module.css";
import { NewProject } from "./new-project/new-project";
import { Card, Empty } from "./parts/card";
import { time } from "./parts/figures";
import { Loaded } from "./parts/loaded";
import { useProjects } from "./queries";

interface Props {
  readonly services: Services;
  readonly session: Session;
}

interface Project {
  readonly name: string;
  readonly title: string;
  readonly created_at: string;
}

const COLUMNS: readonly Column<Project>[] = [
  {
    key: "title",
    title: "Project",
    value: (project) => project.title,
    cell: (project) => <a href={addressOfRoom("lead", project.name)}>{project.title}</a>,
  },
  { key: "name", title: "Name", value: (project) => project.name },
  {
    key: "created",
    title: "Created",
    value: (project) => project.created_at,
    cell: (project) => time(project.created_at),
  },
];

/** All projects that the lead may see, and the way to a new one. */
export function ProjectList({ services, session }: Props) {
  const projects = useProjects(services);
  const [isCreating, setCreating] = useState(false);
  const isEmpty = projects.data?.length === 0;
  const mayCreate = session.projects.length === 0;
  return (
    <main className={styles.page}>
      <div className={styles.heading}>
        <h1 className={styles.title}>Projects</h1>
        <span className={styles.push} />
        {mayCreate && !isCreating && projects.data?.length ? (
          <button type="button" className="button primary" onClick={() => setCreating(true)}>
            New project
          </button>
        ) : null}
      </div>
      {mayCreate && (isCreating || isEmpty) ? <NewProject services={services} /> : null}
      <Loaded query={projects} what="the projects">
        {(found) =>
          found.length > 0 ? (
            <Card title="Your projects">
              <SortableTable
                caption="Projects"
                columns={COLUMNS}
                rows={found}
                keyOf={(project) => project.name}
              />
            </Card>
          ) : mayCreate ? null : (
            <Empty>
              <p>
                Your link is for {session.projects.join(", ")}, which does not exist yet. Ask
                whoever runs this installation to create it, or for a link for all projects.
              </p>
            </Empty>
          )
        }
      </Loaded>
    </main>
  );
}
