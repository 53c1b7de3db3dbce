/** What each column of a file becomes: the parts of an item. */

import type { components } from "../../api/types/ingest";

type Understood = components["schemas"]["UnderstoodFile"];
type ImportRequest = components["schemas"]["UploadImportRequest"];

export type Use = "id" | "payload" | "metadata" | "nothing";

export const USES: readonly (readonly [Use, string])[] = [
  ["id", "Id"],
  ["payload", "Shown"],
  ["metadata", "Kept, not shown"],
  ["nothing", "Left out"],
];

/** The use of each column, in the order of the file. */
export type Uses = ReadonlyMap<string, Use>;

/** Return the uses that the service proposes. */
export function proposedUses(understood: Understood): Uses {
  const useOf = (column: string): Use => {
    if (column === understood.id_column) return "id";
    if (understood.metadata_columns.includes(column)) return "metadata";
    return understood.payload_columns.includes(column) ? "payload" : "nothing";
  };
  return new Map(understood.columns.map((column) => [column, useOf(column)]));
}

/** Return the uses with one changed. Only one column is the id: the one before is then kept. */
export function withUse(uses: Uses, column: string, use: Use): Uses {
  return new Map(
    [...uses].map(([name, before]) => {
      if (name === column) return [name, use];
      return [name, use === "id" && before === "id" ? "metadata" : before];
    }),
  );
}

export function columnsWith(uses: Uses, use: Use): readonly string[] {
  return [...uses].filter(([, one]) => one === use).map(([column]) => column);
}

/** Return what to ask of the service. Rows that are items already need no columns. */
export function importRequest(understood: Understood, uses: Uses): ImportRequest {
  if (understood.shape === "items") {
    return {};
  }
  const [id] = columnsWith(uses, "id");
  return {
    ...(id === undefined ? { no_id: true } : { id_column: id }),
    payload_columns: [...columnsWith(uses, "payload")],
    metadata_columns: [...columnsWith(uses, "metadata")],
  };
}
