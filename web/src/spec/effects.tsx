import styles from "./publish-tab.module.css";
import type { LabelPreview, SpecPreview } from "./spec-api";
import { count, type Effects } from "./use-effects";

/** What publishing the draft would do to labels, gold and open tasks. */
export function EffectFigures({ effects }: { readonly effects: Effects }) {
  const { spec, labels, error } = effects;
  if (error) {
    return <p className="error">What this does to the labels is not known: {error.message}</p>;
  }
  if (!spec || !labels) {
    return <p className="muted">Looking what this does to the labels …</p>;
  }
  return (
    <section className={styles.section} aria-label="What it does">
      <h2 className={styles.title}>What it does to the labels so far</h2>
      <dl className={styles.figures}>
        <Figure title="Decided labels" value={labels.labels} />
        <Figure title="No longer allowed" value={labels.refused} />
        <Figure title="Cite a changed rule" value={labels.citing} />
        <Figure title="Open tasks" value={labels.open_tasks} />
      </dl>
      <ul className={styles.sentences}>
        {sentences(spec, labels).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}

function Figure({ title, value }: { readonly title: string; readonly value: number }) {
  return (
    <div className={styles.figure}>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function sentences(spec: SpecPreview, labels: LabelPreview): string[] {
  const found = [
    spec.stays_valid
      ? "It is proved that every label of the newest version is allowed under this one."
      : `Labels may not be allowed any more because of ${names(doubtful(spec))}.`,
  ];
  const byField = Object.entries(labels.refused_fields).map(([name, n]) => `“${name}” (${n})`);
  if (byField.length) {
    found.push(`Labels that are not allowed: by ${byField.join(", ")}.`);
  }
  const byRule = Object.entries(labels.cited_rules).map(([rule, n]) => `${rule} (${n})`);
  if (byRule.length) {
    found.push(`Labels that cite what changes: ${byRule.join(", ")}.`);
  }
  if (labels.annotations_lost) {
    found.push(
      `Open tasks begin anew: ${count(labels.annotations_lost, "annotation")} given so far no longer ${labels.annotations_lost === 1 ? "counts" : "count"}.`,
    );
  }
  if (spec.gold_refused) {
    found.push(`${spec.gold_refused} of ${spec.gold} gold labels are not allowed and rest.`);
  }
  return found;
}

function doubtful(spec: SpecPreview): string[] {
  return spec.fields.filter((field) => !field.stays_valid).map((field) => field.field);
}

function names(fields: readonly string[]): string {
  return fields.length ? fields.map((field) => `“${field}”`).join(", ") : "what changes";
}
