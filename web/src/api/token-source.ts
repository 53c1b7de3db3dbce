/** The token of each request: a link's stays what it is, a login provider's is renewed. */

import type { Session } from "./session";

export interface TokenSource {
  /** Return the token to send; wait for a new one if it has expired. */
  readonly current: () => Promise<string>;
  /** Return another token in the place of one that was refused; null if there is none. */
  readonly replace: (refused: string) => Promise<string | null>;
}

/** The token of a link, which nothing renews. */
export function fixedToken(session: Session): TokenSource {
  return { current: async () => session.token, replace: async () => null };
}
