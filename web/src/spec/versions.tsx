import { useMutation, useQuery } from "@tanstack/react-query";
import type { Services } from "../api/services";
import type { Action } from "./editor-state";
import styles from "./publish-tab.module.css";
import type { SpecSchema } from "./schema";
import { listVersions, loadVersion } from "./spec-api";
import type { Base } from "./stored-draft";
import { trimmed } from "./trim";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly schema: SpecSchema;
  readonly published: Base;
  readonly dispatch: (action: Action) => void;
}

/** The published versions. The text of an earlier one can become the draft. */
export function Versions({ services, project, schema, published, dispatch }: Props) {
  const versions = useQuery({
    queryKey: ["spec-versions", project],
    queryFn: () => listVersions(services, project),
  });
  const taking = useMutation({
    mutationFn: (version: number) => loadVersion(services, project, version),
    onSuccess: ({ document }) =>
      dispatch({ type: "edit", document: trimmed(document, schema.defaultPolicy) }),
  });
  return (
    <section className={styles.section} aria-label="Versions">
      <h2 className={styles.title}>Versions</h2>
      <ol className={styles.versions}>
        {versions.data?.map(({ version, published_at, resolves }) => (
          <li key={version} className={styles.version}>
            <strong>Version {version}</strong>
            <span className="muted">
              {new Date(published_at).toLocaleString()}
              {resolves.length ? ` · resolves ${resolves.length}` : ""}
            </span>
            {version === published.version ? null : (
              <button type="button" className="button quiet" onClick={() => taking.mutate(version)}>
                Take it as the draft
              </button>
            )}
          </li>
        ))}
      </ol>
      {taking.error ? <p className="error">It did not load: {taking.error.message}</p> : null}
    </section>
  );
}
