import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Services } from "../api/services";
import type { Session } from "../api/session";
import { documentDiff } from "./diff";
import styles from "./editor.module.css";
import { isChanged, textOf } from "./editor-state";
import { FieldsTab } from "./fields-tab";
import { sampleItems } from "./items-api";
import { JsonTab } from "./json-tab";
import { Notices } from "./notices";
import type { Revision } from "./place";
import { PolicyTab } from "./policy-tab";
import { PreviewPane } from "./preview-pane";
import { elementId, placesOf, type SpecProblem, type Tab, tabOf } from "./problems";
import { PublishTab } from "./publish-tab";
import { RulesTab } from "./rules-tab";
import type { SpecSchema } from "./schema";
import { StartPanel } from "./start-panel";
import type { Base } from "./stored-draft";
import { Tabs } from "./tabs";
import { useCheck } from "./use-check";
import { useEditor } from "./use-editor";

interface Props {
  readonly services: Services;
  readonly session: Session;
  readonly project: string;
  readonly published: Base;
  readonly schema: SpecSchema;
  /** What the editor was opened for; undefined if for nothing in particular. */
  readonly revision: Revision | undefined;
}

/** The editor of a project's specification, and beside it what annotators will see. */
export function Editor(props: Props) {
  const { services, session, project, published, schema, revision } = props;
  const { state, dispatch, restoredAt, isKept } = useEditor(
    session.owner,
    project,
    published,
    revision,
  );
  const check = useCheck(services, project, state.document);
  const [open, setOpen] = useState<Tab>(revision?.field ? "fields" : revision ? "rules" : "fields");
  const items = useQuery({
    queryKey: ["sample-items", project],
    queryFn: () => sampleItems(services, project),
  });
  const { document } = state;
  const isEmpty =
    published.version === 0 && document.fields.length === 0 && state.textFault === null;
  const problems = isEmpty ? NONE : check.problems;
  const changes = documentDiff(published.document, document, schema.defaultPolicy);
  const shared = {
    document,
    schema,
    problems,
    onChange: (next: typeof document) => dispatch({ type: "edit", document: next }),
  };
  const tabs = (["fields", "rules", "policy", "json", "publish"] as const).map((name) => ({
    name,
    title: TITLES[name],
    faults: problems.filter((one) => tabOf(one.pointer) === name).length,
  }));

  function goTo({ pointer }: SpecProblem) {
    setOpen(tabOf(pointer));
    requestAnimationFrame(() => focusPlace(pointer));
  }

  return (
    <main className={styles.editor}>
      <h1 className="visually-hidden">Specification of {project}</h1>
      <section aria-label="Editor" className={styles.left}>
        <Notices
          state={state}
          published={published}
          restoredAt={isChanged(state) ? restoredAt : null}
          isKept={isKept}
          problems={problems}
          error={check.error}
          onGoTo={goTo}
          dispatch={dispatch}
        />
        <Tabs label="Parts of the specification" tabs={tabs} open={open} onOpen={setOpen}>
          {isEmpty && open === "fields" ? (
            <StartPanel services={services} onChoose={shared.onChange} />
          ) : null}
          {open === "fields" ? (
            <FieldsTab {...shared} published={published.document} shown={revision?.field} />
          ) : null}
          {open === "rules" ? <RulesTab {...shared} shown={revision?.rule} /> : null}
          {open === "policy" ? <PolicyTab {...shared} /> : null}
          {open === "json" ? (
            <JsonTab
              text={textOf(state)}
              fault={state.textFault}
              problems={problems}
              onType={(text) => dispatch({ type: "type", text })}
            />
          ) : null}
          {open === "publish" ? (
            <PublishTab
              services={services}
              project={project}
              schema={schema}
              state={state}
              published={published}
              changes={changes}
              check={check}
              dispatch={dispatch}
            />
          ) : null}
        </Tabs>
      </section>
      <PreviewPane
        project={project}
        version={published.version + 1}
        document={check.valid}
        labelSchema={check.labelSchema}
        items={items.data ?? []}
      />
    </main>
  );
}

const NONE: readonly SpecProblem[] = [];

const TITLES: Readonly<Record<Tab, string>> = {
  fields: "Fields",
  rules: "Rules",
  policy: "Policy",
  json: "JSON",
  publish: "Publish",
};

/** Put the focus on the control of a place, or of the nearest place around it that has one. */
function focusPlace(pointer: string) {
  for (const place of placesOf(pointer)) {
    const element = document.getElementById(elementId(place));
    if (element) {
      element.scrollIntoView({ block: "center" });
      element.focus({ preventScroll: true });
      return;
    }
  }
}
