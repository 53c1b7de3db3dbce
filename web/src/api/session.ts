/**
 * Who is signed in: a bearer token, kept as long as the tab is open.
 *
 * A link `…/#token=<token>` signs in. The fragment is sent to no server, and it is dropped from the
 * address bar and the history at once. Other ways of signing in end in `startSession` too.
 */

const KEY = "labelwright.token";
const FRAGMENT = "#token=";

export interface Session {
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
}

/** Return the session of a token; null if it is none. Only the services can tell if it is good. */
export function readToken(token: string): Session | null {
  try {
    const part = token.split(".")[1] ?? "";
    const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (character) =>
      character.charCodeAt(0),
    );
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    return {
      token,
      name: String(claims["name"] ?? claims["sub"]),
      owner: `${claims["iss"]} ${claims["sub"]}`,
      roles: names(claims["roles"]),
      projects: names(claims["projects"]).filter((project) => project !== "*"),
      expiresAt: Number(claims["exp"]) * 1000,
    };
  } catch {
    return null; // It is not a token: whoever asks says so in words.
  }
}

function names(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.map(String) : [];
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

export function startSession(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export function endSession(): void {
  sessionStorage.removeItem(KEY);
}

/** Return the session of this tab; null if nobody is signed in. */
export function currentSession(): Session | null {
  const token = sessionStorage.getItem(KEY);
  return token ? readToken(token) : null;
}
