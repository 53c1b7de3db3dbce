import type { components } from "../api/types/queue";
import type { Spec } from "../tasks/spec";
import type { SkipReason } from "../tasks/storage";
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
              {skip.labels?.length
                ? `: ${skip.labels.map((label) => labelInWords(spec, label)).join(" — or — ")}`
                : ""}
            </span>
            {skip.note ? <span className={styles.small}>“{skip.note}”</span> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
