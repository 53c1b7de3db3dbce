import { expect, test } from "vitest";
import type { Lineage } from "./dataset-queries";
import { layout, nodesOf } from "./lineage-graph";

type Annotation = Lineage["tasks"][number]["annotations"][number];

const TASK = "00000000-0000-7000-8000-00000000000a";
const HASH = "a".repeat(64);

function annotation(id: string, annotator: string): Annotation {
  return {
    annotation_id: id,
    annotator,
    annotator_kind: "human",
    label: { mood: "calm" },
    rules: [],
    note: null,
    corrects: null,
    submitted_at: "2026-01-01T00:00:00Z",
  };
}

const LINEAGE: Lineage = {
  item_id: "00000000-0000-5000-8000-000000000001",
  project: "p",
  external_id: "m-17",
  state: "decided",
  tasks: [
    {
      task_id: TASK,
      revision: 1,
      spec_version: 1,
      spec_hash: HASH,
      payload_sha256: HASH,
      withdrawn: null,
      supersedes: null,
      reopens: null,
      annotations: [annotation("a1", "ada"), annotation("a2", "bob")],
      skips: [],
      conflicts: [{ fields: ["mood"], reason: "they differ", annotation_ids: ["a1", "a2"] }],
      adjudications: [
        {
          adjudication_id: "j1",
          adjudicator: "judy",
          rationale: "clear",
          cause: "slip",
          rules: [],
        },
      ],
      decisions: [
        {
          decision_no: 7,
          label: { mood: "calm" },
          how: "adjudicated",
          why: "",
          confidence: null,
          annotation_ids: ["a1", "a2"],
          supersedes: null,
          released: true,
          contested: false,
        },
      ],
      reviews: [],
    },
  ],
  versions: [{ hash: HASH, dataset: "p", number: 1, decision_no: 7 }],
};

test("a label comes from its item by annotations, conflict and adjudication, and goes to versions", () => {
  const nodes = nodesOf(LINEAGE, (annotator) => annotator);
  const from = Object.fromEntries(nodes.map((node) => [node.id, node.from]));
  expect(from).toEqual({
    item: [],
    [`task ${TASK}`]: ["item"],
    "annotation a1": [`task ${TASK}`],
    "annotation a2": [`task ${TASK}`],
    [`conflict ${TASK} 0`]: ["annotation a1", "annotation a2"],
    "adjudication j1": [`conflict ${TASK} 0`],
    "decision 7": ["adjudication j1"],
    "version p 1": ["decision 7"],
  });
});

test("every node is right of those that it comes from, and no two overlap", () => {
  const { nodes, edges, width, height } = layout(nodesOf(LINEAGE, (annotator) => annotator));
  expect(edges.every(([source, target]) => source.x < target.x)).toBe(true);
  expect(new Set(nodes.map((node) => `${node.x} ${node.y}`)).size).toBe(nodes.length);
  expect(
    nodes.every((node) => node.x >= 0 && node.x < width && node.y >= 0 && node.y < height),
  ).toBe(true);
});
