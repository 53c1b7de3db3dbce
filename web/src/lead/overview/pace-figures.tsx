import { counted, duration } from "../parts/figures";
import { type Pace, RATE_MINUTES } from "./pace";

/** The rate of the last minutes and the time that is left, in a sentence. */
export function PaceFigures({ pace }: { readonly pace: Pace }) {
  if (pace.open === 0) {
    return null;
  }
  const open = counted(pace.open, "annotation");
  if (pace.secondsLeft === null) {
    return (
      <p className="muted">
        {open} to go. Nobody has answered in the last {RATE_MINUTES} minutes.
      </p>
    );
  }
  return (
    <p>
      {open} to go at <strong>{rate(pace.perMinute)} a minute</strong>: about{" "}
      <strong>{duration(pace.secondsLeft)}</strong>{" "}
      <span className="muted">at the rate of the last {RATE_MINUTES} minutes.</span>
    </p>
  );
}

function rate(perMinute: number): string {
  return perMinute >= 10 ? String(Math.round(perMinute)) : perMinute.toFixed(1);
}
