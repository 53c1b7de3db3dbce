import { useQuery } from "@tanstack/react-query";
import type { Services } from "../../api/services";
import { type Column, SortableTable } from "../../ui/sortable-table";
import { Loaded } from "../parts/loaded";
import { addressOfView } from "../views";
import { readFile } from "./dataset-queries";
import styles from "./datasets.module.css";
import { labelText } from "./label-text";

/** Of the file of records only its beginning is read. */
const PREVIEW_BYTES = 65_536;
const PREVIEW_ROWS = 20;

interface RecordLine {
  readonly item_id: string;
  readonly external_id: string | null;
  readonly payload: unknown;
  readonly label: unknown;
  readonly how: string;
  readonly confidence: number | null;
}

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly hash: string;
}

/** The first labels of a version, each of which leads to its lineage. */
export function Labels({ services, project, hash }: Props) {
  const lines = useQuery({
    queryKey: ["records", hash],
    queryFn: async () =>
      linesIn(await (await readFile(services, hash, "records.jsonl", PREVIEW_BYTES)).text()),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Loaded query={lines} what="the labels">
      {(rows) => (
        <>
          <SortableTable
            caption="Labels"
            columns={columnsOf(project)}
            rows={rows}
            keyOf={(row) => row.item_id}
          />
          <p className="muted">The first {rows.length} labels. The files hold all.</p>
        </>
      )}
    </Loaded>
  );
}

/** Return the records in the beginning of a file, whose last line may be cut off. */
export function linesIn(text: string): readonly RecordLine[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return whole
    .filter((line) => line !== "")
    .slice(0, PREVIEW_ROWS)
    .map((line) => JSON.parse(line) as RecordLine);
}

function columnsOf(project: string): readonly Column<RecordLine>[] {
  const title = (row: RecordLine) => row.external_id ?? row.item_id;
  return [
    {
      key: "item",
      title: "Item",
      value: title,
      cell: (row) => (
        <a href={addressOfView(project, "datasets", `label/${row.item_id}`)}>{title(row)}</a>
      ),
    },
    { key: "payload", title: "Content", value: (row) => labelText(row.payload) },
    {
      key: "label",
      title: "Label",
      value: (row) => labelText(row.label),
      cell: (row) => <span className={styles.label}>{labelText(row.label)}</span>,
    },
    { key: "how", title: "Decided by", value: (row) => row.how },
    {
      key: "confidence",
      title: "Confidence",
      value: (row) => row.confidence,
      cell: (row) => row.confidence?.toFixed(2) ?? "–",
      isNumber: true,
    },
  ];
}
