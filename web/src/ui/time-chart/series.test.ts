import { expect, test } from "vitest";
import { stacked, timeRange } from "./series";

test("bars of later series carry those of earlier ones", () => {
  const series = [{ values: [1, 2] }, { values: [10, null] }, { values: [100, 0] }];
  expect(stacked(series)).toEqual([
    [111, 2],
    [110, 0],
    [100, 0],
  ]);
});

test("the last bar is inside the chart", () => {
  expect(timeRange([0, 60, 120], "bars")).toEqual([0, 180]);
  expect(timeRange([0, 60, 120], "lines")).toEqual([0, 120]);
});
