/**
 * Signing in at an OpenID provider: authorization code flow with PKCE, in this tab. Loaded only
 * where a provider is configured.
 *
 * Tokens are renewed by a refresh token, not by a hidden frame: browsers keep a provider's cookies
 * from a frame of another site, and the content policy of the page allows no frame.
 */

import { ErrorResponse, type User, UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { Login } from "../api/config";
import { startSession } from "../api/session";

/** The provider will not renew the session: the person has to sign in again. */
export class RenewalRefused extends Error {}

const TRY_AGAIN = ["temporarily_unavailable", "server_error", "slow_down"];

/** Leave the page for the provider's; `finishSignIn` goes on when it comes back. */
export async function beginSignIn(login: Login): Promise<void> {
  await managerOf(login).signinRedirect({ state: location.hash });
}

/** Take up the provider's answer in the address, and go where the person was. Throws if it refused. */
export async function finishSignIn(login: Login): Promise<void> {
  try {
    const user = await managerOf(login).signinRedirectCallback();
    keep(user, login);
    dropAnswer(String(user.state ?? ""));
  } catch (error) {
    dropAnswer("");
    throw error;
  }
}

/** Get a new token. Throws RenewalRefused, or another error if the provider does not answer. */
export async function renew(login: Login): Promise<void> {
  const manager = managerOf(login);
  const before = await manager.getUser();
  if (!before?.refresh_token) {
    throw new RenewalRefused("the provider gave no refresh token");
  }
  try {
    const user = await manager.signinSilent(login.resource ? { resource: login.resource } : {});
    if (!user) {
      throw new RenewalRefused("the provider gave no new token");
    }
    keep(user, login);
  } catch (error) {
    if (error instanceof ErrorResponse && !TRY_AGAIN.includes(error.error ?? "")) {
      throw new RenewalRefused(error.message);
    }
    throw error;
  }
}

/** End the session here, and at the provider if it knows how. */
export async function signOut(login: Login): Promise<void> {
  const manager = managerOf(login);
  try {
    await revokeRefreshToken(manager);
    if (await manager.metadataService.getEndSessionEndpoint()) {
      await manager.signoutRedirect();
    }
  } finally {
    await manager.removeUser();
  }
}

async function revokeRefreshToken(manager: UserManager): Promise<void> {
  try {
    if (await manager.metadataService.getRevocationEndpoint(true)) {
      await manager.revokeTokens(["refresh_token"]);
    }
  } catch {
    // Providers also answer as plain text, which the library takes for a failure; and a token that
    // could not be revoked is forgotten here all the same.
  }
}

function managerOf(login: Login): UserManager {
  const address = location.origin + location.pathname;
  const store = new WebStorageStateStore({ store: sessionStorage });
  return new UserManager({
    authority: login.authority,
    client_id: login.client_id,
    redirect_uri: address,
    post_logout_redirect_uri: address,
    scope: login.scope,
    ...(login.prompt ? { prompt: login.prompt } : {}),
    ...(login.resource ? { resource: login.resource } : {}),
    ...(login.audience ? { extraQueryParams: { audience: login.audience } } : {}),
    automaticSilentRenew: false,
    userStore: store,
    stateStore: store,
  });
}

function keep(user: User, login: Login): void {
  const { name, preferred_username, sub } = user.profile;
  startSession(user.access_token, {
    name: name ?? preferred_username ?? sub,
    rolesClaim: login.roles_claim,
    projectsClaim: login.projects_claim,
  });
}

/** Drop the code from the address and the history. */
function dropAnswer(hash: string): void {
  history.replaceState(null, "", location.pathname + hash);
}
