import type { Services } from "../../api/services";
import { type Column, SortableTable } from "../../ui/sortable-table";
import { count } from "../parts/figures";
import { Loaded } from "../parts/loaded";
import { Pill } from "../parts/pill";
import { addressOfView } from "../views";
import { type Diff, useDiff } from "./dataset-queries";
import styles from "./datasets.module.css";
import { labelText } from "./label-text";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly before: string;
  readonly after: string;
}

const CAUSES: Readonly<Record<string, string>> = {
  added: "added",
  removed: "removed",
  item_changed: "the item changed",
  new_spec: "a new spec version",
  review: "a review",
  adjudication: "an adjudication",
  new_decision: "new annotations",
  context: "same label, other origin",
};

interface Row {
  readonly item: string;
  readonly title: string;
  readonly cause: string;
  readonly before: string;
  readonly after: string;
}

/** The labels that differ between two versions, each with the cause. */
export function Differences({ services, project, before, after }: Props) {
  const diff = useDiff(services, before, after);
  return (
    <Loaded query={diff} what="the differences">
      {(found) => (
        <>
          <div className={styles.counts}>
            <Pill tone="good">{count(found.counts.added)} added</Pill>
            <Pill tone="danger">{count(found.counts.removed)} removed</Pill>
            <Pill tone="warning">{count(found.counts.labels_changed)} labels changed</Pill>
            <Pill>{count(found.counts.unchanged)} unchanged</Pill>
          </div>
          {found.next ? (
            <p className="muted">These are the first of them; the command diff lists all.</p>
          ) : null}
          <SortableTable
            caption="Differences"
            columns={columnsOf(project)}
            rows={rowsOf(found)}
            keyOf={(row) => row.item}
          />
        </>
      )}
    </Loaded>
  );
}

function rowsOf(diff: Diff): readonly Row[] {
  const title = (item: { item_id: string; external_id: string | null }) =>
    item.external_id ?? item.item_id;
  return [
    ...diff.changed.map((item) => ({
      item: item.item_id,
      title: title(item),
      cause: item.cause,
      before: labelText(item.before),
      after: labelText(item.after),
    })),
    ...diff.added.map((item) => ({
      item: item.item_id,
      title: title(item),
      cause: "added",
      before: "",
      after: labelText(item.label),
    })),
    ...diff.removed.map((item) => ({
      item: item.item_id,
      title: title(item),
      cause: "removed",
      before: labelText(item.label),
      after: "",
    })),
  ];
}

function columnsOf(project: string): readonly Column<Row>[] {
  return [
    {
      key: "item",
      title: "Item",
      value: (row) => row.title,
      cell: (row) => (
        <a href={addressOfView(project, "datasets", `label/${row.item}`)}>{row.title}</a>
      ),
    },
    { key: "cause", title: "Cause", value: (row) => CAUSES[row.cause] ?? row.cause },
    {
      key: "before",
      title: "Before",
      value: (row) => row.before,
      cell: (row) => <Label text={row.before} />,
    },
    {
      key: "after",
      title: "After",
      value: (row) => row.after,
      cell: (row) => <Label text={row.after} />,
    },
  ];
}

function Label({ text }: { readonly text: string }) {
  return <span className={styles.label}>{text || "–"}</span>;
}
