import { type Piece, wordDifference } from "../widgets/pairwise/word-difference";
import styles from "./change-list.module.css";
import type { Change, Detail } from "./diff";

/** What changes from the published version to the draft, by fields, rules and settings. */
export function ChangeList({ changes }: { readonly changes: readonly Change[] }) {
  if (changes.length === 0) {
    return <p className="muted">Nothing differs from the published version.</p>;
  }
  return (
    <ul className={styles.changes} aria-label="Changes">
      {changes.map((change) => (
        <li key={`${change.area} ${change.name}`} className={styles.change}>
          <h3 className={styles.title}>
            <span className={styles.kind} data-kind={change.kind}>
              {change.kind}
            </span>
            {nameOf(change)}
          </h3>
          {change.kind === "removed" ? null : (
            <ul className={styles.details}>
              {change.details.map((detail) => (
                <DetailLine
                  key={`${detail.what} ${detail.before} ${detail.after}`}
                  detail={detail}
                />
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}

function nameOf({ area, name }: Change): string {
  return { field: `Field “${name}”`, rule: `Rule ${name}`, policy: "Policy", document: "Document" }[
    area
  ];
}

function DetailLine({ detail }: { readonly detail: Detail }) {
  const { what, before, after } = detail;
  const isText = typeof before === "string" && typeof after === "string";
  const pieces = isText ? wordDifference(before, after) : undefined;
  return (
    <li>
      <span className={styles.what}>{what}</span>{" "}
      {pieces ? (
        <span className={styles.text}>{bothTexts(...pieces)}</span>
      ) : (
        <>
          {before === undefined ? null : <del className={styles.gone}>{shown(before)}</del>}{" "}
          {after === undefined ? null : <ins className={styles.come}>{shown(after)}</ins>}
        </>
      )}
    </li>
  );
}

/** Both texts in one: what is common once, what differs struck out and then written anew. */
function bothTexts(before: readonly Piece[], after: readonly Piece[]) {
  const [old, now] = [[...before], [...after]];
  const parts = [];
  while (old.length || now.length) {
    const gone = old[0]?.isDifferent ? old.shift() : undefined;
    const come = now[0]?.isDifferent ? now.shift() : undefined;
    const key = `${old.length} ${now.length}`;
    if (gone) {
      parts.push(
        <del key={`${key}-`} className={styles.gone}>
          {gone.text}
        </del>,
      );
    }
    if (come) {
      parts.push(
        <ins key={`${key}+`} className={styles.come}>
          {come.text}
        </ins>,
      );
    }
    if (!gone && !come) {
      parts.push(<span key={key}>{old.shift()?.text ?? ""}</span>);
      now.shift();
    }
  }
  return parts;
}

function shown(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  return typeof value === "boolean" ? (value ? "yes" : "no") : JSON.stringify(value);
}
