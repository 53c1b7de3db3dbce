import { Dialog } from "../ui/dialog";
import { Key } from "../ui/key";
import styles from "./help.module.css";
import { VIEWS } from "./views";

const WORDS: readonly (readonly [string, string])[] = [
  ["Open slots", "Annotations that are still needed and that nobody is working on."],
  ["Conflict", "An item on which people disagree: an adjudicator decides it."],
  ["Agreement", "How similarly people label the same items: 1 is always, 0 is as by chance."],
  [
    "Interval",
    "The range in which a figure lies with a probability of 95 %. A wide one means few answers.",
  ],
  [
    "Accuracy",
    "The share of right answers to gold items, which are given unmarked among the work.",
  ],
  ["Dataset version", "The labels of one moment. It never changes, so training can be repeated."],
];

/** The keys and the words of the lead's screens. */
export function LeadHelp({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Help" onClose={onClose}>
      <h3 className={styles.title}>Keys in a project</h3>
      <dl className={styles.keys}>
        {VIEWS.map((view, index) => (
          <div key={view.name} className={styles.key}>
            <dt>
              <span className="visually-hidden">{index + 1}</span>
              <Key name={String(index + 1)} />
            </dt>
            <dd>{view.title}</dd>
          </div>
        ))}
      </dl>
      <h3 className={styles.title}>Words</h3>
      <dl className={styles.words}>
        {WORDS.map(([word, meaning]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p className="muted">
        Figures are read again every five seconds. The head of a table sorts it.
      </p>
    </Dialog>
  );
}
