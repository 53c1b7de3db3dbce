import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Problem } from "../api/problem";
import type { Services } from "../api/services";
import { ChangeList } from "./change-list";
import type { Change } from "./diff";
import type { Action, EditorState } from "./editor-state";
import { EffectFigures } from "./effects";
import styles from "./publish-tab.module.css";
import { RelabelChoice } from "./relabel-choice";
import { ResolvedIssues } from "./resolved-issues";
import type { SpecSchema } from "./schema";
import { loadVersion, publish } from "./spec-api";
import type { Base } from "./stored-draft";
import { trimmed } from "./trim";
import type { Checked } from "./use-check";
import { useEffects } from "./use-effects";
import { Versions } from "./versions";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly schema: SpecSchema;
  readonly state: EditorState;
  readonly published: Base;
  readonly changes: readonly Change[];
  readonly check: Checked;
  readonly dispatch: (action: Action) => void;
}

/** What changes, what that does to labels and people, and the button that does it. */
export function PublishTab(props: Props) {
  const { services, project, schema, state, published, changes, check, dispatch } = props;
  const queries = useQueryClient();
  const publishing = useMutation({
    mutationFn: async () => {
      const { version } = await publish(services, project, state);
      return loadVersion(services, project, version);
    },
    onSuccess: (base) => {
      queries.setQueryData(["spec", project, base.version], base);
      dispatch({
        type: "reset",
        base: { ...base, document: trimmed(base.document, schema.defaultPolicy) },
      });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["spec-versions", project] }),
  });
  const isFirst = published.version === 0;
  const obstacle = obstacleOf(props);
  const isComparable = !isFirst && changes.length > 0 && check.isCurrent && !check.problems.length;
  const effects = useEffects(services, project, state, isComparable);

  return (
    <div className={styles.publish}>
      {publishing.data && published.version === publishing.data.version && !changes.length ? (
        <p role="status" className={styles.done}>
          Version {publishing.data.version} is published. Annotators get it with their next task,
          and open tasks follow it within seconds.
        </p>
      ) : null}
      <section className={styles.section} aria-label="What changes">
        <h2 className={styles.title}>
          {isFirst ? "The first version" : `What changes after version ${published.version}`}
        </h2>
        <ChangeList changes={changes} />
      </section>
      {isFirst || !changes.length ? null : (
        <>
          <EffectFigures effects={effects} />
          <RelabelChoice state={state} effects={effects} dispatch={dispatch} />
        </>
      )}
      <ResolvedIssues services={services} project={project} state={state} dispatch={dispatch} />
      <Warnings check={check} />
      <div className={styles.action}>
        <button
          type="button"
          className="button primary"
          disabled={obstacle !== null || publishing.isPending}
          onClick={() => publishing.mutate()}
        >
          Publish version {published.version + 1}
        </button>
        {obstacle ? <p className="muted">{obstacle}</p> : null}
      </div>
      {publishing.error ? (
        <p role="alert" className="error">
          {refusalOf(publishing.error)}
        </p>
      ) : null}
      {isFirst ? null : (
        <Versions
          services={services}
          project={project}
          schema={schema}
          published={published}
          dispatch={dispatch}
        />
      )}
    </div>
  );
}

/** Return why nothing can be published now; null if it can. */
function obstacleOf({ state, published, changes, check }: Props): string | null {
  if (state.textFault) {
    return "The JSON cannot be read.";
  }
  if (check.problems.length) {
    return "Mend the faults first.";
  }
  if (state.base.version !== published.version) {
    return `Carry your changes over to version ${published.version} first, or discard them.`;
  }
  if (!changes.length) {
    return "There is nothing to publish: the draft is the published version.";
  }
  return check.isCurrent ? null : "The server is checking the draft …";
}

function refusalOf(error: Error): string {
  if (error instanceof Problem && error.status === 422) {
    return `The server did not take it: ${error.errors.map((one) => one.message).join(" ")}`;
  }
  return `It is not published: ${error.message} Your draft is kept.`;
}

function Warnings({ check }: { readonly check: Checked }) {
  if (check.warnings.length === 0) {
    return null;
  }
  return (
    <section className={styles.warnings} aria-label="To consider">
      <h2 className={styles.title}>To consider</h2>
      <ul>
        {check.warnings.map(({ pointer, message, hint }) => (
          <li key={`${pointer} ${message}`}>
            {message} {hint ?? ""}
          </li>
        ))}
      </ul>
    </section>
  );
}
