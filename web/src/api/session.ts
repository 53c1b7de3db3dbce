/**
 * Who is signed in: a bearer token, kept as long as the tab is open.
 *
 * A link `…/#token=<token>` signs in. The fragment is sent to no server, and it is dropped from the
 * address bar and the history at once. Other ways of signing in end in `startSession` too.
 */

const KEY = "labelwright.token";
const LOGIN_KEY = "labelwright.login";
const FRAGMENT = "#token=";

export interface Session {
  /** The newest: a login provider renews it (`renewSession`). */
  readonly token: string;
  /** The name that the token's issuer has for the person. */
  readonly name: string;
  /** Tells people apart who use the same browser: issuer and subject. */
  readonly owner: string;
  readonly roles: readonly string[];
  /** The projects that the token is for; empty if it is for all. */
  readonly projects: readonly string[];
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
  /** True if the token is a login provider's, which renews it. */
  readonly isRenewable: boolean;
}

/** What a token of a login provider does not say itself. */
export interface LoginDetails {
  readonly name: string | undefined;
  /** The paths of the claims with the roles and the projects. */
  readonly rolesClaim: readonly string[] | undefined;
  readonly projectsClaim: readonly string[] | undefined;
}

/** Return the session of a token; null if it is none. Only the services can tell if it is good. */
export function readToken(token: string, login: LoginDetails | null = null): Session | null {
  try {
    const part = token.split(".")[1] ?? "";
    const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (character) =>
      character.charCodeAt(0),
    );
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const projects = names(claimAt(claims, login?.projectsClaim ?? ["projects"]));
    return {
      token,
      name: String(login?.name ?? claims["name"] ?? claims["sub"]),
      owner: `${claims["iss"]} ${claims["sub"]}`,
      roles: names(claimAt(claims, login?.rolesClaim ?? ["roles"])),
      projects: projects.filter((project) => project !== "*"),
      expiresAt: Number(claims["exp"]) * 1000,
      isRenewable: login !== null,
    };
  } catch {
    return null; // It is not a token: whoever asks says so in words.
  }
}

function claimAt(claims: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | null | undefined)?.[name],
    claims,
  );
}

/** Return the names in a claim, which is a list or, as the services read it, a single text. */
function names(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.map(String) : typeof claim === "string" ? [claim] : [];
}

/** Return true if the address has a token. */
export function hasTokenInAddress(): boolean {
  return location.hash.startsWith(FRAGMENT);
}

/** Take a token from the address, if one is there, and drop it from the address. */
export function takeTokenFromAddress(): void {
  if (hasTokenInAddress()) {
    startSession(decodeURIComponent(location.hash.slice(FRAGMENT.length)));
    history.replaceState(null, "", location.pathname + location.search);
  }
}

/** Return the token in a pasted link, or the text itself. */
export function tokenIn(text: string): string {
  const at = text.indexOf(FRAGMENT);
  return (at < 0 ? text : text.slice(at + FRAGMENT.length)).trim();
}

/** Keep a token; `login` says what is known of one that a login provider gave. */
export function startSession(token: string, login: LoginDetails | null = null): void {
  sessionStorage.setItem(KEY, token);
  if (login) {
    sessionStorage.setItem(LOGIN_KEY, JSON.stringify(login));
  } else {
    sessionStorage.removeItem(LOGIN_KEY);
  }
}

export function endSession(): void {
  sessionStorage.removeItem(KEY);
  sessionStorage.removeItem(LOGIN_KEY);
}

/** Return the session of this tab; null if nobody is signed in. */
export function currentSession(): Session | null {
  const token = sessionStorage.getItem(KEY);
  const login = sessionStorage.getItem(LOGIN_KEY);
  return token ? readToken(token, login ? (JSON.parse(login) as LoginDetails) : null) : null;
}

/**
 * Put the renewed token of this tab into the session that screens hold, so that they go on as they
 * are. Return false if it has other rights or is another person's: then they must begin anew.
 */
export function renewSession(session: Session): boolean {
  const renewed = currentSession();
  if (!renewed || identityOf(renewed) !== identityOf(session)) {
    return false;
  }
  Object.assign(session, { token: renewed.token, expiresAt: renewed.expiresAt });
  return true;
}

/** Return what screens depend on: the person and what the token opens. */
export function identityOf(session: Session): string {
  return JSON.stringify([session.owner, session.roles, session.projects]);
}
