/** A spec version, ready for a screen: its schema compiled, the widgets of its fields loaded. */

import { answerOf } from "../api/problem";
import type { Services } from "../api/services";
import type { components } from "../api/types/queue";
import { compileCheck, type LabelCheck } from "../validate/validate";
import { loadWidgets, type Widgets } from "../widgets/registry";
import type { FieldDefinition } from "../widgets/widget";
import type { StageWork } from "./stage";

export type Rule = components["schemas"]["Rule"];
export type Policy = NonNullable<components["schemas"]["SpecDocument"]["policy"]>;

export interface Spec {
  readonly project: string;
  readonly version: number;
  /** The fields that are asked: those of the label, and what the stage asks beside them. */
  readonly fields: readonly FieldDefinition[];
  readonly labelFields: readonly FieldDefinition[];
  readonly rules: readonly Rule[];
  readonly leaseSeconds: number;
  readonly undoSeconds: number;
  readonly policy: Policy;
  /** Checks the label alone. */
  readonly check: LabelCheck;
  readonly widgets: Widgets;
}

/** Specs by project and version. A version never changes, so each is fetched once. */
export class Specs {
  readonly #loaded = new Map<string, Spec>();

  constructor(
    private readonly services: Services,
    private readonly stage: StageWork,
  ) {}

  /** Return a spec that was loaded before. */
  get(project: string, version: number): Spec | undefined {
    return this.#loaded.get(`${project}/${version}`);
  }

  async load(project: string, version: number): Promise<Spec> {
    const known = this.get(project, version);
    if (known) {
      return known;
    }
    const params = { path: { project, version } };
    const view = await answerOf(
      this.services.queue.GET("/v1/specs/{project}/{version}", { params }),
    );
    const { fields: labelFields, guidelines: rules = [], policy = {} } = view.document;
    const fields = this.stage.fields(labelFields, rules);
    const spec = {
      project,
      version,
      fields,
      labelFields,
      rules,
      leaseSeconds: policy.lease_seconds ?? 900,
      undoSeconds: policy.undo_seconds ?? 0,
      policy,
      check: compileCheck(view.label_schema, labelFields),
      widgets: await loadWidgets(fields),
    };
    this.#loaded.set(`${project}/${version}`, spec);
    return spec;
  }
}
