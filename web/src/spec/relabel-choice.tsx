import { Option } from "../ui/option";
import type { Action, EditorState } from "./editor-state";
import styles from "./publish-tab.module.css";
import type { Relabel } from "./stored-draft";

interface Props {
  readonly state: EditorState;
  readonly dispatch: (action: Action) => void;
}

const CHOICES: readonly (readonly [Relabel, string])[] = [
  ["none", "None: decided labels stay as they are"],
  ["evidence", "Those that are evidence for the issues that this version resolves"],
  ["touched", "Those whose labels the new version does not allow, or whose rules have changed"],
  ["all", "All"],
];

/** Which of the decided items are asked again. */
export function RelabelChoice({ state, dispatch }: Props) {
  return (
    <fieldset className={styles.section}>
      <legend>Which decided items are asked again?</legend>
      <div className={styles.options} role="radiogroup" aria-label="Items to ask again">
        {CHOICES.map(([relabel, title]) => (
          <Option
            key={relabel}
            type="radio"
            name="relabel"
            title={title}
            hotkey=""
            checked={state.relabel === relabel}
            disabled={relabel === "evidence" && state.resolves.length === 0}
            takesFocus={false}
            onChoose={() => dispatch({ type: "relabel", relabel })}
          />
        ))}
      </div>
      <p className="muted">
        Items that are not decided yet are asked under the new version anyway.
      </p>
    </fieldset>
  );
}
