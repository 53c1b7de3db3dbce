import { expect, test } from "vitest";
import type { Activity, Queue } from "../queries";
import { paceOf } from "./pace";

function activity(...annotations: number[]): Activity {
  const buckets = [...new Array<number>(60 - annotations.length).fill(0), ...annotations].map(
    (count) => ({
      since: "2026-01-01T00:00:00Z",
      annotations: count,
      reviews: 0,
      adjudications: 9,
    }),
  );
  return { project: "p", paused: false, overdue: 0, bucket_seconds: 60, buckets };
}

const QUEUE: Queue = {
  project: "p",
  stage: "annotate",
  task_type: "t",
  skill: null,
  circle: "all",
  priority: 5,
  ready: 50,
  in_flight: 10,
  oldest_seconds: 1,
  per_minute: 0,
};

test("the time left is what is open over the rate since the first answer of the last minutes", () => {
  const adjudications: Queue = { ...QUEUE, stage: "adjudicate", ready: 1000 };
  expect(paceOf(activity(5, 15), [QUEUE, adjudications])).toEqual({
    open: 60,
    perMinute: 10,
    secondsLeft: 360,
  });
});

test("answers of long ago and other stages give no rate", () => {
  const old = activity(40, ...new Array<number>(15).fill(0));
  expect(paceOf(old, [QUEUE])).toEqual({ open: 60, perMinute: 0, secondsLeft: null });
  expect(paceOf(null, [])).toEqual({ open: 0, perMinute: 0, secondsLeft: null });
});
