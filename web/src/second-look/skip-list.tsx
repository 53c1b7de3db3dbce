import type { components } from "../api/types/queue";
import type { Spec } from "../tasks/spec";
import type { SkipReason } from "../tasks/storage";
import type { Label } from "../widgets/widget";
import { isSameLabel } from "./candidates";
import styles from "./evidence.module.css";
import { labelInWords } from "./label-in-words";

interface Props {
  readonly skips: readonly components["schemas"]["Skip"][];
  readonly spec: Spec;
}

const REASONS: Readonly<Record<SkipReason, string>> = {
  two_labels_fit: "Two answers fit",
  guideline_does_not_cover: "No rule covers this",
  bad_data: "The item is broken",
  not_my_skill: "Somebody else can do this",
  other: "Another reason",
};

/** Why annotators skipped the task; nothing if none did. */
export function SkipList({ skips, spec }: Props) {
  if (skips.length === 0) {
    return null;
  }
  return (
    <section className={styles.section} aria-label="Skips">
      <h2 className={styles.title}>
        {skips.length === 1 ? "1 annotator skipped it" : `${skips.length} annotators skipped it`}
      </h2>
      <ul className={styles.list}>
        {skips.map((skip, at) => (
          <li key={at} className={styles.entry}>
            <span>
              {REASONS[skip.reason]}
              {skip.labels?.length ? `: ${pairInWords(spec, skip.labels)}` : ""}
            </span>
            {skip.note ? <span className={styles.small}>“{skip.note}”</span> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Return two labels in words, without the answers that they share. */
function pairInWords(spec: Spec, [one = {}, other = {}]: readonly Label[]): string {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const differing = names.filter(
    (name) => !isSameLabel({ name: one[name] }, { name: other[name] }),
  );
  return [one, other].map((label) => labelInWords(spec, label, differing)).join(" — or — ");
}
