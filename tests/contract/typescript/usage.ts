// What a labeling page does with the generated types; it is compiled, never run.
import type { components as Ingest, paths as IngestPaths } from "./ingest";
import type { components as Queue, operations as QueueOperations } from "./queue";

type Field = Ingest["schemas"]["SpecRequest"]["fields"][number];

export function answers(field: Field): number {
  switch (field.kind) {
    case "choice":
      return field.options.length;
    case "rating":
      return (field.maximum ?? 5) - (field.minimum ?? 1) + 1;
    default:
      // @ts-expect-error Only fields with options have them.
      return field.options.length;
  }
}

type Submitted = QueueOperations["submit_annotation"]["responses"];
export const first: Submitted[201]["content"]["application/json"] = { annotation_id: "1" };
export const again: Submitted[200]["content"]["application/json"] = first;

type Conflict = Submitted[409]["content"]["application/problem+json"];
export const expired: Conflict["type"] = "urn:problem:lease-expired";
// @ts-expect-error No service answers with a problem of this type.
export const unknown: Conflict["type"] = "urn:problem:no-such-type";

export const lease: Queue["schemas"]["LeaseRequest"] = { count: 2 };
type Body = NonNullable<IngestPaths["/v1/projects"]["post"]["requestBody"]>;
export const project: Body["content"]["application/json"] = { name: "moods", title: "Moods" };
