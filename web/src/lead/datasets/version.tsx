import { useMutation } from "@tanstack/react-query";
import type { Services } from "../../api/services";
import { Card } from "../parts/card";
import { Failure } from "../parts/failure";
import { count, counted, time } from "../parts/figures";
import { Loaded } from "../parts/loaded";
import { save } from "../parts/save-file";
import type { ViewProps } from "../project-screen";
import { addressOfView } from "../views";
import { type Manifest, readFile, useManifest, useVersions } from "./dataset-queries";
import styles from "./datasets.module.css";
import { Differences } from "./differences";
import { Labels } from "./labels";

/** One version: what is in it, its files, what changed since the one before, and its labels. */
export function VersionView({ services, project, hash }: ViewProps & { readonly hash: string }) {
  const manifest = useManifest(services, hash);
  return (
    <>
      <p>
        <a href={addressOfView(project, "datasets")}>All versions</a>
      </p>
      <Loaded query={manifest} what="the version">
        {(found) => (
          <>
            <Card title={titleOf(found)}>
              <Facts manifest={found} />
              <Files services={services} manifest={found} />
            </Card>
            <Card title="Changes since the version before">
              <Changes services={services} project={project} manifest={found} />
            </Card>
            <Card title="Labels">
              <Labels services={services} project={project} hash={hash} />
            </Card>
          </>
        )}
      </Loaded>
    </>
  );
}

function titleOf({ published }: Manifest): string {
  const last = published.at(-1);
  return last ? `${last.dataset}, version ${last.number}` : "A version";
}

function Facts({ manifest }: { readonly manifest: Manifest }) {
  const last = manifest.published.at(-1);
  const left = last?.left_out;
  return (
    <dl className={styles.facts}>
      <dt>Labels</dt>
      <dd>{count(manifest.records.count)}</dd>
      {left ? (
        <>
          <dt>Left out</dt>
          <dd>
            {count(left.contested)} in conflict, {count(left.pending)} to be labeled,{" "}
            {count(left.review_pending + left.unreleased)} in review
          </dd>
        </>
      ) : null}
      <dt>Spec versions</dt>
      <dd>{Object.keys(manifest.specs).join(", ")}</dd>
      {last ? (
        <>
          <dt>Published</dt>
          <dd>{time(last.published_at)}</dd>
        </>
      ) : null}
      <dt>Hash</dt>
      <dd>
        <code>{manifest.hash}</code>
      </dd>
    </dl>
  );
}

function Files({
  services,
  manifest,
}: {
  readonly services: Services;
  readonly manifest: Manifest;
}) {
  const download = useMutation({
    mutationFn: async (name: string) => save(await readFile(services, manifest.hash, name), name),
  });
  return (
    <div className={styles.row}>
      {manifest.renderings.map((file) => (
        <button
          key={file.name}
          type="button"
          className="button"
          disabled={download.isPending}
          onClick={() => download.mutate(file.name)}
        >
          Download {file.name}{" "}
          <span className="muted">{counted(Math.ceil(file.bytes / 1000), "kB", "kB")}</span>
        </button>
      ))}
      {download.isError ? <Failure error={download.error} title="The file was not loaded" /> : null}
    </div>
  );
}

interface ChangesProps {
  readonly services: Services;
  readonly project: string;
  readonly manifest: Manifest;
}

function Changes({ services, project, manifest }: ChangesProps) {
  const versions = useVersions(services, project);
  const last = manifest.published.at(-1);
  const before = versions.data?.find(
    (version) => version.dataset === last?.dataset && version.number === last.number - 1,
  );
  return (
    <Loaded query={versions} what="the versions">
      {() =>
        before ? (
          <Differences
            services={services}
            project={project}
            before={before.hash}
            after={manifest.hash}
          />
        ) : (
          <p className="muted">This is the first version.</p>
        )
      }
    </Loaded>
  );
}
