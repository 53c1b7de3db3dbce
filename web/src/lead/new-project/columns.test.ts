import { expect, test } from "vitest";
import { importRequest, proposedUses, withUse } from "./columns";

const UNDERSTOOD = {
  name: "tickets.csv",
  format: "csv",
  compression: null,
  encoding: "utf-8",
  delimiter: ",",
  has_header: true,
  sheet: null,
  other_sheets: [],
  shape: "columns",
  columns: ["id", "text", "source"],
  id_column: "id",
  id_candidates: ["id"],
  payload_columns: ["text", "source"],
  metadata_columns: [],
  rows: 3,
  duplicates: 0,
  problems: [],
  first_rows: [],
} as const;

function proposed() {
  return proposedUses(structuredClone(UNDERSTOOD) as never);
}

test("a corrected column goes where the lead puts it", () => {
  const uses = withUse(proposed(), "source", "metadata");
  expect(importRequest(UNDERSTOOD as never, uses)).toEqual({
    id_column: "id",
    payload_columns: ["text"],
    metadata_columns: ["source"],
  });
});

test("there is one id column; the one before it is kept as metadata", () => {
  const uses = withUse(proposed(), "source", "id");
  expect([...uses]).toEqual([
    ["id", "metadata"],
    ["text", "payload"],
    ["source", "id"],
  ]);
});

test("without an id column the request says so", () => {
  const request = importRequest(UNDERSTOOD as never, withUse(proposed(), "id", "nothing"));
  expect(request).toMatchObject({ no_id: true });
  expect(request).not.toHaveProperty("id_column");
});
