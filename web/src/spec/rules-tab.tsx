import { useEffect } from "react";
import styles from "./card.module.css";
import type { Rule, SpecDocument } from "./document";
import { addRule, moved, removed, replaced, setGoverned } from "./edits";
import { Problems } from "./form";
import { elementId, type SpecProblem } from "./problems";
import { RuleEditor } from "./rule-editor";

interface Props {
  readonly document: SpecDocument;
  readonly problems: readonly SpecProblem[];
  /** The rule in question; none if it is undefined. */
  readonly shown: string | undefined;
  readonly onChange: (document: SpecDocument) => void;
}

/** The rules of the guidelines in their order. */
export function RulesTab({ document, problems, shown, onChange }: Props) {
  const { guidelines, fields } = document;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only as the tab opens.
  useEffect(() => {
    const index = guidelines.findIndex((rule) => rule.id === shown);
    const card = window.document.getElementById(elementId(`/guidelines/${index}`));
    card?.scrollIntoView({ block: "start" });
    card?.querySelector("textarea")?.focus({ preventScroll: true });
  }, [shown]);

  function change(index: number, rule: Rule) {
    onChange({ ...document, guidelines: replaced(guidelines, index, rule) });
  }

  return (
    <div className={styles.list}>
      {guidelines.length === 0 ? (
        <p className="muted">
          There are no rules yet. A rule says how to decide a case, with examples; annotators see
          the rules beside the item, and cite them.
        </p>
      ) : null}
      <Problems problems={problems.filter((one) => one.pointer === "/guidelines")} />
      {guidelines.map((rule, index) => (
        <RuleEditor
          key={index}
          rule={rule}
          index={index}
          count={guidelines.length}
          fields={fields}
          problems={problems}
          isShown={rule.id === shown}
          onChange={(next) => change(index, next)}
          onGovern={(at, isGoverned) => {
            const field = fields[at];
            if (field) {
              const next = replaced(fields, at, setGoverned(field, rule, isGoverned));
              onChange({ ...document, fields: next });
            }
          }}
          onMove={(by) => onChange({ ...document, guidelines: moved(guidelines, index, by) })}
          onRemove={() => onChange({ ...document, guidelines: removed(guidelines, index) })}
        />
      ))}
      <div className={styles.adding}>
        <button type="button" className="button" onClick={() => onChange(addRule(document))}>
          Add a rule
        </button>
      </div>
    </div>
  );
}
