import { type FormEvent, useId, useState } from "react";
import { type Column, SortableTable } from "../../ui/sortable-table";
import { Card, Empty } from "../parts/card";
import { Failure } from "../parts/failure";
import { count, time } from "../parts/figures";
import { Loaded } from "../parts/loaded";
import { Pill } from "../parts/pill";
import type { ViewProps } from "../project-screen";
import { addressOfView } from "../views";
import { usePublish, useVersions, type Version } from "./dataset-queries";
import styles from "./datasets.module.css";

/** The published versions of a project, and the way to publish the next. */
export function VersionList({ services, project }: ViewProps) {
  const versions = useVersions(services, project);
  return (
    <>
      <Card title="Publish">
        <Publish services={services} project={project} />
      </Card>
      <Card title="Dataset versions">
        <Loaded query={versions} what="the versions">
          {(rows) =>
            rows.length > 0 ? (
              <SortableTable
                caption="Dataset versions"
                columns={columnsOf(project)}
                rows={rows}
                keyOf={(row) => `${row.dataset} ${row.number}`}
              />
            ) : (
              <Empty>
                <p>
                  Nothing is published yet. A version holds the labels that are decided at that
                  moment, each with its origin, and never changes.
                </p>
              </Empty>
            )
          }
        </Loaded>
      </Card>
    </>
  );
}

function Publish({ services, project }: Pick<ViewProps, "services" | "project">) {
  const [dataset, setDataset] = useState(project);
  const publish = usePublish(services, project);
  const id = useId();

  function submit(event: FormEvent) {
    event.preventDefault();
    publish.mutate(dataset);
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <label htmlFor={id}>Dataset</label>
      <div className={styles.row}>
        <input
          id={id}
          type="text"
          required
          value={dataset}
          onChange={(event) => setDataset(event.target.value)}
        />
        <button type="submit" className="button primary" disabled={publish.isPending}>
          {publish.isPending ? "Publishing …" : "Publish a version"}
        </button>
      </div>
      {publish.isError ? <Failure error={publish.error} title="Nothing was published" /> : null}
      <p role="status" className="muted">
        {publish.isSuccess
          ? publish.data
            ? `Version ${publish.data.number} is published.`
            : "The version is being made and appears below."
          : ""}
      </p>
    </form>
  );
}

function columnsOf(project: string): readonly Column<Version>[] {
  return [
    { key: "dataset", title: "Dataset", value: (row) => row.dataset },
    {
      key: "number",
      title: "Version",
      value: (row) => row.number,
      cell: (row) => (
        <a href={addressOfView(project, "datasets", `version/${row.hash}`)}>
          Version {row.number}
          <span className="visually-hidden"> of {row.dataset}</span>
        </a>
      ),
    },
    {
      key: "records",
      title: "Labels",
      value: (row) => row.records,
      cell: (row) => count(row.records),
      isNumber: true,
    },
    {
      key: "published",
      title: "Published",
      value: (row) => row.published_at,
      cell: (row) => time(row.published_at),
    },
    {
      key: "tags",
      title: "Tags",
      value: (row) => row.tags.join(" "),
      cell: (row) => row.tags.map((tag) => <Pill key={tag}>{tag}</Pill>),
    },
    {
      key: "hash",
      title: "Hash",
      value: (row) => row.hash,
      cell: (row) => <code>{row.hash.slice(0, 12)}</code>,
    },
  ];
}
