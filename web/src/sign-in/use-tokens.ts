import { useEffect, useMemo } from "react";
import type { Login } from "../api/config";
import type { Session } from "../api/session";
import { fixedToken, type TokenSource } from "../api/token-source";
import { Renewal } from "./renewal";
import type { SignInReason } from "./sign-in";

interface Outcomes {
  readonly onLeave: (why: SignInReason) => void;
  readonly onChanged: () => void;
}

/** Return where requests get their token; renew it for as long as the screens are there. */
export function useTokens(
  login: Login | null,
  session: Session,
  { onLeave, onChanged }: Outcomes,
): TokenSource {
  const renewal = useMemo(
    () =>
      login && session.isRenewable
        ? new Renewal(login, session, { refused: () => onLeave("ended"), changed: onChanged })
        : null,
    [login, session, onLeave, onChanged],
  );
  useEffect(() => renewal?.start(), [renewal]);
  return useMemo(() => renewal ?? fixedToken(session), [renewal, session]);
}
