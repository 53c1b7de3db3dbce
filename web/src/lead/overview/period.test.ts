import { expect, test } from "vitest";
import { periodSince } from "./period";

const NOW = Date.parse("2026-03-01T12:00:00Z");

test("the first period is the shortest that holds the life of the project", () => {
  expect(periodSince("2026-03-01T11:30:00Z", NOW)).toBe(1);
  expect(periodSince("2026-03-01T10:30:00Z", NOW)).toBe(24);
  expect(periodSince("2026-02-25T12:00:00Z", NOW)).toBe(7 * 24);
  expect(periodSince("2020-01-01T00:00:00Z", NOW)).toBe(90 * 24);
  expect(periodSince(undefined, NOW)).toBe(1);
});
