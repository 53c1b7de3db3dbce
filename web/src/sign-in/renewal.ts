/** Renews the token of a login provider before it expires, and when a service refuses it. */

import type { Login } from "../api/config";
import { renewSession, type Session } from "../api/session";
import type { TokenSource } from "../api/token-source";

/** A token is renewed this long before its end, or after two thirds of a shorter life. */
const AHEAD_MS = 60_000;
const RETRY_MS = 5_000;
/** Timers hold 31 bits. */
const TIMER_MAX_MS = 2 ** 31 - 1;

interface Outcomes {
  /** The provider renews no more: the person has to sign in again. */
  readonly refused: () => void;
  /** The new token opens something else: the screens begin anew. */
  readonly changed: () => void;
}

export class Renewal implements TokenSource {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #isStopped = false;

  constructor(
    private readonly login: Login,
    private readonly session: Session,
    private readonly outcomes: Outcomes,
  ) {}

  /** Begin; return what ends it. */
  start(): () => void {
    this.#isStopped = false;
    this.#schedule();
    const wake = () => this.#schedule(); // Timers stand still while a machine sleeps.
    document.addEventListener("visibilitychange", wake);
    return () => {
      this.#isStopped = true;
      clearTimeout(this.#timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }

  readonly current = async (): Promise<string> => {
    if (this.session.expiresAt <= Date.now()) {
      await this.#renew();
    }
    return this.session.token;
  };

  readonly replace = async (refused: string): Promise<string | null> => {
    if (this.session.token === refused) {
      await this.#renew();
    }
    return this.session.token === refused ? null : this.session.token;
  };

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) {
      return;
    }
    const left = this.session.expiresAt - Date.now();
    const wait = left - Math.min(AHEAD_MS, left / 3);
    this.#renewIn(Math.min(Math.max(wait, 0), TIMER_MAX_MS));
  }

  #renewIn(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#renew().then(
        () => this.#schedule(),
        () => this.#isStopped || this.#renewIn(RETRY_MS), // The provider is away.
      );
    }, milliseconds);
  }

  /** Renew once, however many ask for it. Rejects if the provider does not answer. */
  #renew(): Promise<void> {
    this.#running ??= this.#renewOnce().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #renewOnce(): Promise<void> {
    const { RenewalRefused, renew } = await import("./openid");
    try {
      await renew(this.login);
    } catch (error) {
      if (error instanceof RenewalRefused) {
        this.#end(this.outcomes.refused);
        return;
      }
      throw error;
    }
    if (!renewSession(this.session)) {
      this.#end(this.outcomes.changed);
    }
  }

  #end(outcome: () => void): void {
    if (!this.#isStopped) {
      this.#isStopped = true;
      outcome();
    }
  }
}
