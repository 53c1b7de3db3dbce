import { type Column, SortableTable } from "../../ui/sortable-table";
import { Empty } from "../parts/card";
import { duration } from "../parts/figures";
import type { Queue } from "../queries";

const STAGES = { annotate: "Annotate", review: "Review", adjudicate: "Adjudicate" } as const;

const COLUMNS: readonly Column<Queue>[] = [
  { key: "stage", title: "Stage", value: (queue) => STAGES[queue.stage] },
  { key: "type", title: "Task type", value: (queue) => queue.task_type },
  { key: "skill", title: "Needs skill", value: (queue) => queue.skill ?? "none" },
  {
    key: "audience",
    title: "For",
    value: (queue) => (queue.circle === "experienced" ? "the experienced first" : "everybody"),
  },
  { key: "priority", title: "Priority", value: (queue) => queue.priority, isNumber: true },
  { key: "ready", title: "Open slots", value: (queue) => queue.ready, isNumber: true },
  { key: "leased", title: "At work", value: (queue) => queue.in_flight, isNumber: true },
  { key: "rate", title: "Last minute", value: (queue) => queue.per_minute ?? 0, isNumber: true },
  {
    key: "age",
    title: "Oldest waits",
    value: (queue) => (queue.ready > 0 ? queue.oldest_seconds : null),
    cell: (queue) => (queue.ready > 0 ? duration(queue.oldest_seconds) : "–"),
    isNumber: true,
  },
];

/** What waits for people, by stage, skill and priority. */
export function QueueTable({ queues }: { readonly queues: readonly Queue[] }) {
  if (queues.length === 0) {
    return (
      <Empty>
        <p>Nothing waits. When items are imported, the annotations that they need appear here.</p>
      </Empty>
    );
  }
  return (
    <SortableTable
      caption="Queues"
      columns={COLUMNS}
      rows={queues}
      keyOf={(queue) =>
        [queue.stage, queue.task_type, queue.skill, queue.circle, queue.priority].join("|")
      }
    />
  );
}
