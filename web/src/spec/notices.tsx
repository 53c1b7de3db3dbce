import type { Action, EditorState } from "./editor-state";
import styles from "./notices.module.css";
import type { SpecProblem } from "./problems";
import type { Base } from "./stored-draft";

interface Props {
  readonly state: EditorState;
  readonly published: Base;
  /** When the draft that the editor opened with was kept; null if it opened with none. */
  readonly restoredAt: number | null;
  readonly isKept: boolean;
  readonly problems: readonly SpecProblem[];
  /** Why the server did not check the draft; null if it did. */
  readonly error: Error | null;
  readonly onGoTo: (problem: SpecProblem) => void;
  readonly dispatch: (action: Action) => void;
}

/** What the owner must know before going on: faults, others' versions, and where the draft is. */
export function Notices(props: Props) {
  const { state, published, restoredAt, isKept, problems, error, dispatch } = props;
  const { base, conflicts } = state;
  const isBehind = published.version !== base.version;
  return (
    <div className={styles.notices} role="status">
      {isBehind ? <Behind base={base} published={published} dispatch={dispatch} /> : null}
      {conflicts.length && !isBehind ? (
        <p className={styles.notice} data-tone="warning">
          Version {base.version} and you have both changed {conflicts.join(", ")}: the draft has
          your change. Look at it on “Publish”.
        </p>
      ) : null}
      {restoredAt !== null && !isBehind ? (
        <div className={styles.notice} data-tone="info">
          <p>
            This is your draft of {new Date(restoredAt).toLocaleString()}, which is not published.
          </p>
          <button
            type="button"
            className="button quiet"
            onClick={() => dispatch({ type: "reset", base: published })}
          >
            Discard it
          </button>
        </div>
      ) : null}
      {isKept ? null : (
        <p className={styles.notice} data-tone="danger">
          This browser has no room to keep the draft: publish it, or copy the JSON, before you
          leave.
        </p>
      )}
      {error ? (
        <p className={styles.notice} data-tone="danger">
          The server did not check this draft: {error.message} What you enter is kept in this
          browser.
        </p>
      ) : null}
      <Faults problems={problems} onGoTo={props.onGoTo} />
    </div>
  );
}

function Behind({
  base,
  published,
  dispatch,
}: Pick<Props, "published" | "dispatch"> & { base: Base }) {
  return (
    <div className={styles.notice} data-tone="warning">
      <p>
        Version {published.version} was published by somebody else while your draft was based on{" "}
        {base.version === 0 ? "none" : `version ${base.version}`}. Nothing of yours is lost.
      </p>
      <button
        type="button"
        className="button"
        onClick={() => dispatch({ type: "rebase", base: published })}
      >
        Carry my changes over
      </button>
      <button
        type="button"
        className="button quiet"
        onClick={() => dispatch({ type: "reset", base: published })}
      >
        Discard mine
      </button>
    </div>
  );
}

function Faults({
  problems,
  onGoTo,
}: Pick<Props, "onGoTo"> & { problems: readonly SpecProblem[] }) {
  if (problems.length === 0) {
    return null;
  }
  const count = problems.length === 1 ? "1 fault" : `${problems.length} faults`;
  return (
    <details className={styles.notice} data-tone="danger">
      <summary>{count} to mend before this can be published</summary>
      <ul className={styles.faults}>
        {problems.map((problem) => (
          <li key={`${problem.pointer} ${problem.message}`}>
            <button type="button" className={styles.link} onClick={() => onGoTo(problem)}>
              {problem.message}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
