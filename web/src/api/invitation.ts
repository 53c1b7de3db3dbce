/**
 * An invitation: a link `…/#invite=<secret>`, which works once and is exchanged for a token.
 *
 * The fragment is sent to no server, and it is dropped from the address bar and the history at once.
 */

import createClient from "openapi-fetch";
import type { Config } from "./config";
import { answerOf } from "./problem";
import type { paths } from "./types/queue";

const FRAGMENT = "#invite=";

/** Return the secret of the invitation in a link; null if the text has none. */
export function invitationIn(text: string): string | null {
  const at = text.indexOf(FRAGMENT);
  return at < 0 ? null : text.slice(at + FRAGMENT.length).trim();
}

/** Return the secret in the address, if one is there, and drop it from the address. */
export function takeInvitationFromAddress(): string | null {
  const secret = invitationIn(location.hash);
  if (secret !== null) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return secret;
}

/** Exchange a secret for a bearer token. Throws Problem if the invitation is not open. */
export async function exchangeInvitation(config: Config, secret: string): Promise<string> {
  const queue = createClient<paths>({ baseUrl: config.services.queue ?? "" });
  const { token } = await answerOf(queue.POST("/v1/invitations/exchange", { body: { secret } }));
  return token;
}
