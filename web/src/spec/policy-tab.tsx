import { Option } from "../ui/option";
import styles from "./card.module.css";
import { complete } from "./diff";
import type { Policy, SpecDocument } from "./document";
import own from "./policy-tab.module.css";
import { applyPreset, PRESETS, presetOf } from "./presets";
import type { SpecProblem } from "./problems";
import type { SpecSchema } from "./schema";
import { SchemaForm } from "./schema-form";

interface Props {
  readonly document: SpecDocument;
  readonly schema: SpecSchema;
  readonly problems: readonly SpecProblem[];
  readonly onChange: (document: SpecDocument) => void;
}

/** How labels are decided: ways that have a name first, then every key of the policy. */
export function PolicyTab({ document, schema, problems, onChange }: Props) {
  const defaults = schema.defaultPolicy;
  const { policy } = document;
  const chosen = presetOf(policy, defaults);
  const setPolicy = (next: Policy) => onChange({ ...document, policy: next });
  return (
    <div className={styles.list}>
      <fieldset className={own.presets}>
        <legend>How is a label decided?</legend>
        {PRESETS.map((preset) => (
          <div key={preset.title}>
            <Option
              type="radio"
              name="preset"
              title={preset.title}
              hotkey=""
              checked={chosen === preset}
              disabled={false}
              takesFocus={false}
              onChoose={() => setPolicy(applyPreset(policy, preset))}
            />
            <p className={own.about}>{preset.description}</p>
          </div>
        ))}
        {chosen ? null : (
          <p className={own.about}>
            This policy is none of these: {sentence(complete(policy, defaults))}
          </p>
        )}
      </fieldset>
      <section className={own.all} aria-label="All settings">
        <h2 className={own.title}>All settings</h2>
        <SchemaForm
          schema={schema}
          properties={schema.policy.properties ?? {}}
          value={policy}
          place="/policy"
          problems={problems}
          fieldNames={document.fields.map((field) => field.name)}
          onChange={(next) => setPolicy(next as Policy)}
        />
      </section>
    </div>
  );
}

function sentence({ redundancy, redundancy_max, overlap_share, decide }: Policy): string {
  const share = Math.round(100 * (overlap_share ?? 1));
  const overlap = share < 100 ? ` for ${share} % of the items` : "";
  const threshold = decide?.how === "unanimous" ? "" : ` of ${decide?.threshold}`;
  return `${redundancy} to ${redundancy_max} people${overlap}, decided by ${decide?.how}${threshold}.`;
}
