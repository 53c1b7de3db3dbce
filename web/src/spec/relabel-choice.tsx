import { Option } from "../ui/option";
import type { Action, EditorState } from "./editor-state";
import styles from "./publish-tab.module.css";
import type { AnnotationCost } from "./spec-api";
import type { Relabel } from "./stored-draft";
import { costWords, type Effects } from "./use-effects";

interface Props {
  readonly state: EditorState;
  readonly effects: Effects;
  readonly dispatch: (action: Action) => void;
}

const CHOICES: readonly (readonly [Relabel, string])[] = [
  ["none", "None: decided labels stay as they are"],
  ["evidence", "Those that are evidence for the issues that this version resolves"],
  ["touched", "Those whose labels the new version does not allow, or whose rules have changed"],
  ["all", "All"],
];

/** Which of the decided items are asked again. */
export function RelabelChoice({ state, effects, dispatch }: Props) {
  return (
    <fieldset className={styles.section}>
      <legend>Which decided items are asked again?</legend>
      <div className={styles.options} role="radiogroup" aria-label="Items to ask again">
        {CHOICES.map(([relabel, title]) => (
          <Option
            key={relabel}
            type="radio"
            name="relabel"
            title={title + costOf(relabel, effects)}
            hotkey=""
            checked={state.relabel === relabel}
            disabled={relabel === "evidence" && state.resolves.length === 0}
            takesFocus={false}
            onChoose={() => dispatch({ type: "relabel", relabel })}
          />
        ))}
      </div>
      <p className="muted">
        Items that are not decided yet are asked under the new version anyway
        {effects.labels ? `: ${costWords(effects.labels.cost_open)}` : ""}.
      </p>
    </fieldset>
  );
}

/** What a choice costs in annotations, behind its title; nothing where that is not known. */
function costOf(relabel: Relabel, { labels }: Effects): string {
  const costs: Readonly<Record<string, AnnotationCost | undefined>> = labels?.cost_relabel ?? {};
  const cost = costs[relabel];
  return cost && relabel !== "none" ? `: ${costWords(cost)}` : "";
}
