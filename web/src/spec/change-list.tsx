import styles from "./change-list.module.css";
import type { Change, Detail } from "./diff";
import { type TextPart, textDiff } from "./text-diff";

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
  const parts = isText ? textDiff(before, after) : undefined;
  return (
    <li>
      <span className={styles.what}>{what}</span>{" "}
      {parts ? (
        <Words parts={parts} />
      ) : (
        <>
          {before === undefined ? null : <del className={styles.gone}>{shown(before)}</del>}{" "}
          {after === undefined ? null : <ins className={styles.come}>{shown(after)}</ins>}
        </>
      )}
    </li>
  );
}

const TAGS = { kept: "span", gone: "del", come: "ins" } as const;

function Words({ parts }: { readonly parts: readonly TextPart[] }) {
  return (
    <span className={styles.text}>
      {parts.map(({ kind, text }, index) => {
        const Tag = TAGS[kind];
        return (
          <Tag key={`${index} ${kind}`} className={kind === "kept" ? undefined : styles[kind]}>
            {text}
          </Tag>
        );
      })}
    </span>
  );
}

function shown(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  return typeof value === "boolean" ? (value ? "yes" : "no") : JSON.stringify(value);
}
