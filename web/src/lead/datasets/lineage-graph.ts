/** The history of a label as a graph: its nodes in columns, from the item to dataset versions. */

import type { Lineage } from "./dataset-queries";
import { labelText } from "./label-text";

export type NodeKind =
  | "item"
  | "task"
  | "annotation"
  | "skip"
  | "conflict"
  | "adjudication"
  | "decision"
  | "review"
  | "version";

export interface GraphNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly title: string;
  readonly text: string;
  /** The nodes that it comes from. */
  readonly from: readonly string[];
}

type Task = Lineage["tasks"][number];

/** Return the nodes of a lineage, each after those that it comes from. */
export function nodesOf(
  lineage: Lineage,
  nameOf: (annotator: string) => string,
): readonly GraphNode[] {
  const item: GraphNode = {
    id: "item",
    kind: "item",
    title: "Item",
    text: lineage.external_id ?? lineage.item_id,
    from: [],
  };
  const nodes = [item, ...lineage.tasks.flatMap((task) => nodesOfTask(task, nameOf))];
  const decided = new Set(nodes.map((node) => node.id));
  const versions = lineage.versions.map((version) => ({
    id: `version ${version.dataset} ${version.number}`,
    kind: "version" as const,
    title: `Version ${version.number}`,
    text: `of ${version.dataset}`,
    from: [`decision ${version.decision_no}`].filter((id) => decided.has(id)),
  }));
  return [...nodes, ...versions];
}

function nodesOfTask(task: Task, nameOf: (annotator: string) => string): GraphNode[] {
  const id = `task ${task.task_id}`;
  const withdrawn = task.withdrawn
    ? `withdrawn: ${task.withdrawn}`
    : `revision ${task.revision ?? "?"}`;
  return [
    {
      id,
      kind: "task",
      title: `Task, version ${task.spec_version}`,
      text: withdrawn,
      from: ["item"],
    },
    ...answersOf(task, nameOf),
    ...task.conflicts.map((conflict, at) => ({
      id: `conflict ${task.task_id} ${at}`,
      kind: "conflict" as const,
      title: "Conflict",
      text: conflict.reason,
      from: conflict.annotation_ids.map((annotation) => `annotation ${annotation}`),
    })),
    ...task.adjudications.map((adjudication) => ({
      id: `adjudication ${adjudication.adjudication_id}`,
      kind: "adjudication" as const,
      title: "Adjudication",
      text: `${nameOf(adjudication.adjudicator)}: ${adjudication.rationale}`,
      from:
        task.conflicts.length > 0
          ? [`conflict ${task.task_id} ${task.conflicts.length - 1}`]
          : [id],
    })),
    ...decisionsOf(task),
    ...task.reviews.map((review) => ({
      id: `review ${review.review_id}`,
      kind: "review" as const,
      title: "Review",
      text: review.reviewer
        ? `${nameOf(review.reviewer)}: ${review.verdict}`
        : "waits for a reviewer",
      from: [review.decision_no === null ? id : `decision ${review.decision_no}`],
    })),
  ];
}

function answersOf(task: Task, nameOf: (annotator: string) => string): GraphNode[] {
  const from = [`task ${task.task_id}`];
  return [
    ...task.annotations.map((annotation) => ({
      id: `annotation ${annotation.annotation_id}`,
      kind: "annotation" as const,
      title: nameOf(annotation.annotator),
      text: labelText(annotation.label),
      from,
    })),
    ...task.skips.map((skip, at) => ({
      id: `skip ${task.task_id} ${at}`,
      kind: "skip" as const,
      title: `${nameOf(skip.annotator)} skipped`,
      text: skip.reason.replaceAll("_", " "),
      from,
    })),
  ];
}

function decisionsOf(task: Task): GraphNode[] {
  const last = task.adjudications.at(-1);
  return task.decisions.map((decision) => ({
    id: `decision ${decision.decision_no}`,
    kind: "decision" as const,
    title: "Decision",
    text: `${decision.how}: ${labelText(decision.label)}`,
    from:
      decision.how === "adjudicated" && last
        ? [`adjudication ${last.adjudication_id}`]
        : decision.annotation_ids.map((annotation) => `annotation ${annotation}`),
  }));
}

export interface Placed extends GraphNode {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly nodes: readonly Placed[];
  /** The ends of each edge. */
  readonly edges: readonly (readonly [Placed, Placed])[];
  readonly width: number;
  readonly height: number;
}

export const NODE = { width: 156, height: 48 };
const GAP = { x: 26, y: 14 };

/** Place each node in the column after those that it comes from, columns centred on one line. */
export function layout(nodes: readonly GraphNode[]): Layout {
  const columnOf = new Map<string, number>();
  const columns: GraphNode[][] = [];
  for (const node of nodes) {
    const column = 1 + Math.max(-1, ...node.from.map((id) => columnOf.get(id) ?? -1));
    columnOf.set(node.id, column);
    columns[column] ??= [];
    columns[column].push(node);
  }
  const height = Math.max(...columns.map((column) => heightOf(column.length)));
  const placed = columns.flatMap((column, x) =>
    column.map((node, y) => ({
      ...node,
      x: x * (NODE.width + GAP.x),
      y: (height - heightOf(column.length)) / 2 + y * (NODE.height + GAP.y),
    })),
  );
  const byId = new Map(placed.map((node) => [node.id, node]));
  const edges = placed.flatMap((node) =>
    node.from.flatMap((id): (readonly [Placed, Placed])[] => {
      const source = byId.get(id);
      return source ? [[source, node]] : [];
    }),
  );
  return { nodes: placed, edges, width: columns.length * (NODE.width + GAP.x) - GAP.x, height };
}

function heightOf(count: number): number {
  return count * (NODE.height + GAP.y) - GAP.y;
}
