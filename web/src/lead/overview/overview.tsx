import { useState } from "react";
import styles from "../lead.module.css";
import { Card, Empty } from "../parts/card";
import { Loaded } from "../parts/loaded";
import type { ViewProps } from "../project-screen";
import { useActivity, useProject, useQueues, useSummary } from "../queries";
import { addressOfView } from "../views";
import { Attention } from "./attention";
import { ItemStates } from "./item-states";
import { paceOf } from "./pace";
import { PaceFigures } from "./pace-figures";
import { Period, periodSince } from "./period";
import { QueueTable } from "./queue-table";
import { Throughput } from "./throughput";

/** The state of a project: its items, its pace, its queues, and what needs somebody. */
export function Overview({ services, project }: ViewProps) {
  const found = useProject(services, project);
  const [chosen, setHours] = useState<number | null>(null);
  const hours = chosen ?? periodSince(found.data?.created_at, Date.now());
  const summary = useSummary(services, project);
  const queues = useQueues(services, project);
  const lastHour = useActivity(services, project, 1);
  const activity = useActivity(services, project, hours);
  if (found.data && found.data.spec_version === null) {
    return (
      <Empty>
        <p>
          {found.data.items
            ? "The items are here. People can label them as soon as there is a specification: the fields to fill in and their rules."
            : "This project has no items and no specification yet."}
        </p>
        <a className="button primary" href={addressOfView(project, "setup")}>
          {found.data.items ? "Choose a specification" : "Set up the project"}
        </a>
      </Empty>
    );
  }
  const pace = paceOf(lastHour.data ?? null, queues.data ?? []);
  return (
    <>
      <Attention
        services={services}
        project={project}
        queues={queues.data ?? []}
        overdue={lastHour.data?.overdue ?? 0}
      />
      <div className={styles.grid}>
        <Card title="Items" isWide>
          <Loaded query={summary} what="the states of the items">
            {(states) => (
              <ItemStates project={project} items={found.data?.items ?? 0} summary={states} />
            )}
          </Loaded>
          <PaceFigures pace={pace} />
        </Card>
        <Card title="Work done" isWide controls={<Period hours={hours} onChange={setHours} />}>
          <Loaded query={activity} what="the work done">
            {(data) => <Throughput activity={data} project={project} />}
          </Loaded>
        </Card>
        <Card title="Queues" isWide>
          <Loaded query={queues} what="the queues">
            {(rows) => <QueueTable queues={rows} />}
          </Loaded>
        </Card>
      </div>
    </>
  );
}
