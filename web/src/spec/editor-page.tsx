import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Services } from "../api/services";
import type { Session } from "../api/session";
import { EMPTY_DOCUMENT } from "./document";
import { Editor } from "./editor";
import styles from "./editor.module.css";
import type { Revision } from "./place";
import { loadSchema } from "./schema";
import { listVersions, loadVersion } from "./spec-api";
import { trimmed } from "./trim";
import { Trouble } from "./trouble";

interface Props {
  readonly services: Services;
  readonly session: Session;
  readonly project: string;
  readonly revision: Revision | undefined;
}

const POLL_MS = 10_000;
const NONE = { version: 0, document: EMPTY_DOCUMENT };

/** Loads what the editor begins with, and looks for versions that others publish meanwhile. */
export function EditorPage({ services, session, project, revision }: Props) {
  const schema = useQuery({
    queryKey: ["spec-schema"],
    queryFn: () => loadSchema(services),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const versions = useQuery({
    queryKey: ["spec-versions", project],
    queryFn: () => listVersions(services, project),
    refetchInterval: POLL_MS,
  });
  const newest = versions.data && (versions.data[0]?.version ?? 0);
  const published = useQuery({
    queryKey: ["spec", project, newest],
    queryFn: () => (newest ? loadVersion(services, project, newest) : NONE),
    enabled: newest !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  });
  const base = useMemo(() => {
    if (!schema.data || !published.data) {
      return null;
    }
    const { version, document } = published.data;
    return { version, document: trimmed(document, schema.data.defaultPolicy) };
  }, [schema.data, published.data]);
  if (schema.data && base) {
    return (
      <Editor
        services={services}
        session={session}
        project={project}
        published={base}
        schema={schema.data}
        revision={revision}
      />
    );
  }
  const failed = [schema, versions, published].find((query) => query.isError);
  return (
    <main className={styles.body}>
      <div className={styles.content}>
        {failed ? (
          <Trouble what="The specification" error={failed.error} onRetry={() => failed.refetch()} />
        ) : (
          <p className="muted">Opening the specification …</p>
        )}
      </div>
    </main>
  );
}
