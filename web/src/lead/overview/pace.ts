/** How fast a project is labeled, and when that will be done. */

import type { Activity, Queue } from "../queries";

/** The rate is that of the last minutes, so that it follows who is at work now. */
export const RATE_MINUTES = 15;

export interface Pace {
  /** Annotations that are still needed. */
  readonly open: number;
  readonly perMinute: number;
  /** Seconds until all are there at this rate; null if nobody is at work. */
  readonly secondsLeft: number | null;
}

/** Return the pace, from the activity of the last hour in minutes. */
export function paceOf(activity: Activity | null, queues: readonly Queue[]): Pace {
  const minutes = activity?.buckets.slice(-RATE_MINUTES) ?? [];
  const done = minutes.reduce((sum, bucket) => sum + bucket.annotations, 0);
  const first = minutes.findIndex((bucket) => bucket.annotations > 0);
  // Who began three minutes ago is not measured over fifteen.
  const perMinute = first < 0 ? 0 : done / (minutes.length - first);
  const open = openAt(queues, "annotate");
  return { open, perMinute, secondsLeft: perMinute > 0 ? (open / perMinute) * 60 : null };
}

/** Return the open slots and leases of a stage. */
export function openAt(queues: readonly Queue[], stage: Queue["stage"]): number {
  return queues
    .filter((queue) => queue.stage === stage)
    .reduce((sum, queue) => sum + queue.ready + queue.in_flight, 0);
}
