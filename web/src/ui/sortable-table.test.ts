import { expect, test } from "vitest";
import { type Column, sort } from "./sortable-table";

interface Row {
  readonly name: string;
  readonly share: number | null;
}

const COLUMNS: readonly Column<Row>[] = [
  { key: "name", title: "Name", value: (row) => row.name },
  { key: "share", title: "Share", value: (row) => row.share },
];
const ROWS: readonly Row[] = [
  { name: "item 10", share: null },
  { name: "item 9", share: 0.5 },
  { name: "item 1", share: 0.25 },
];

test("names sort by the numbers in them, and no order keeps the rows as they are", () => {
  const names = sort(ROWS, COLUMNS, { key: "name", isDescending: false }).map((row) => row.name);
  expect(names).toEqual(["item 1", "item 9", "item 10"]);
  expect(sort(ROWS, COLUMNS, null)).toEqual(ROWS);
});

test("rows without a value come last in both directions", () => {
  const up = sort(ROWS, COLUMNS, { key: "share", isDescending: false }).map((row) => row.share);
  const down = sort(ROWS, COLUMNS, { key: "share", isDescending: true }).map((row) => row.share);
  expect(up).toEqual([0.25, 0.5, null]);
  expect(down).toEqual([0.5, 0.25, null]);
});
