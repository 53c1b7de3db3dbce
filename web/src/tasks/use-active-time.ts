import { useEffect, useRef } from "react";
import { ActiveClock } from "./active-clock";

const DEEDS = ["keydown", "pointerdown", "pointermove", "wheel"] as const;

/** Return how many milliseconds the person has been at work on this task so far. */
export function useActiveTime(leaseId: string): () => number {
  const clock = useRef(new ActiveClock());

  // biome-ignore lint/correctness/useExhaustiveDependencies: each lease is timed anew.
  useEffect(() => clock.current.restart(performance.now()), [leaseId]);

  useEffect(() => {
    const note = () => clock.current.note(performance.now());
    const pause = () => {
      if (document.hidden) {
        clock.current.pause(performance.now());
      }
    };
    for (const name of DEEDS) {
      window.addEventListener(name, note, { passive: true });
    }
    document.addEventListener("visibilitychange", pause);
    return () => {
      for (const name of DEEDS) {
        window.removeEventListener(name, note);
      }
      document.removeEventListener("visibilitychange", pause);
    };
  }, []);

  return () => clock.current.total(performance.now());
}
