/** How long a person is at work: the time between their deeds, as long as these are not far apart. */

/** Reading counts for this long after the last key or movement. */
const IDLE_MS = 30_000;

export class ActiveClock {
  #total = 0;
  #last: number | null = null;

  /** Begin anew: another task is on the screen. Times are milliseconds of any clock. */
  restart(now: number): void {
    this.#total = 0;
    this.#last = now;
  }

  /** Note that the person does something. */
  note(now: number): void {
    if (this.#last !== null) {
      this.#total += Math.min(now - this.#last, IDLE_MS);
    }
    this.#last = now;
  }

  /** Note that the page is hidden: nothing counts until the next deed. */
  pause(now: number): void {
    this.note(now);
    this.#last = null;
  }

  total(now: number): number {
    this.note(now);
    return Math.round(this.#total);
  }
}
