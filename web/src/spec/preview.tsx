import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { TaskScreen } from "../annotate/task-screen";
import type { Spec } from "../tasks/spec";
import { askedFields, type Draft, EMPTY_DRAFT } from "../tasks/task";
import { compileCheck } from "../validate/validate";
import { loadWidgets } from "../widgets/registry";
import type { Payload } from "../widgets/widget";
import type { SpecDocument } from "./document";
import styles from "./preview.module.css";
import { PreviewBench } from "./preview-bench";

interface Props {
  readonly project: string;
  /** The version that the draft would become. */
  readonly version: number;
  /** The newest state of the draft in which the server found no fault; null before there is one. */
  readonly document: SpecDocument | null;
  /** The JSON Schema of the labels of that document. */
  readonly labelSchema: Readonly<Record<string, unknown>>;
  readonly payload: Payload;
}

/** The annotators' page as the draft makes it, with an item to try. It sends nothing. */
export function Preview({ project, version, document, labelSchema, payload }: Props) {
  const spec = usePreviewSpec(project, version, document, labelSchema);
  const draft = useRef<Draft>(EMPTY_DRAFT);
  if (!spec || askedFields(spec.fields, {}).length === 0) {
    return (
      <p className={styles.empty}>
        Here is what annotators will see, as soon as there is a field without faults.
      </p>
    );
  }
  return (
    <div className={styles.stage}>
      <Stage key={JSON.stringify(payload)} spec={spec} payload={payload} draft={draft} />
    </div>
  );
}

interface StageProps {
  readonly spec: Spec;
  readonly payload: Payload;
  /** What was answered so far, kept while the spec changes. */
  readonly draft: { current: Draft };
}

function Stage({ spec, payload, draft }: StageProps) {
  const [bench, setBench] = useState(() => new PreviewBench(spec, payload, draft.current));
  // biome-ignore lint/correctness/useExhaustiveDependencies: another payload is another stage.
  useEffect(() => setBench(new PreviewBench(spec, payload, draft.current)), [spec]);
  const work = useSyncExternalStore(bench.store.subscribe, bench.store.get);
  const [task] = work.tasks;
  useEffect(() => {
    draft.current = task?.draft ?? EMPTY_DRAFT;
  }, [task, draft]);
  if (!task) {
    return null;
  }
  return <TaskScreen bench={bench} work={work} task={task} spec={bench.spec} isEmbedded />;
}

/** Make the document a spec as the annotators' page has it, with the widgets of its fields loaded. */
function usePreviewSpec(
  project: string,
  version: number,
  document: SpecDocument | null,
  labelSchema: Readonly<Record<string, unknown>>,
): Spec | null {
  const [spec, setSpec] = useState<Spec | null>(null);
  useEffect(() => {
    let isCurrent = true;
    async function load({ fields, guidelines, policy }: SpecDocument) {
      const widgets = await loadWidgets(fields);
      if (isCurrent) {
        setSpec({
          project,
          version,
          fields,
          labelFields: fields,
          policy,
          rules: guidelines,
          leaseSeconds: policy.lease_seconds ?? 0,
          undoSeconds: policy.undo_seconds ?? 0,
          check: compileCheck(labelSchema, fields),
          widgets,
        });
      }
    }
    if (document) {
      void load(document);
    }
    return () => {
      isCurrent = false;
    };
  }, [project, version, document, labelSchema]);
  return spec;
}
