import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Config } from "../api/config";
import { exchangeInvitation } from "../api/invitation";
import { NoAnswer, Problem } from "../api/problem";
import { readToken, startSession } from "../api/session";
import { addressOfFirstRoom } from "../rooms";
import { Message } from "../ui/message";
import { LinkForm } from "./sign-in";

const ASK =
  "Ask the lead of your project for a new link: everything you did is kept under your name.";
const TITLES: Readonly<Record<string, string>> = {
  "invitation-used": "This link was already used",
  "invitation-revoked": "This link was withdrawn",
  "invitation-expired": "This link has expired",
};
const SENTENCES: Readonly<Record<string, string>> = {
  "invitation-used":
    "Each link opens the page once, in one tab. If you opened it before, go on in that tab.",
  "invitation-revoked": "The lead of your project has withdrawn this link.",
  "invitation-expired": "This link was not opened in time.",
  "unknown-invitation": "A part of this link is missing: copy it again from where you got it.",
};

interface Props {
  readonly config: Config;
  readonly secret: string;
  readonly onSignedIn: () => void;
  /** Called with the secret of another invitation. */
  readonly onLink: (secret: string) => void;
}

/** Exchanges an invitation for a token and opens the first room of its role, or says why not. */
export function OpenInvitation({ config, secret, onSignedIn, onLink }: Props) {
  const exchange = useQuery({
    queryKey: ["invitation", secret],
    queryFn: () => exchangeInvitation(config, secret),
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const token = exchange.data;
  useEffect(() => {
    const session = token === undefined ? null : readToken(token);
    if (session !== null) {
      startSession(session.token);
      history.replaceState(null, "", addressOfFirstRoom(session));
      onSignedIn();
    }
  }, [token, onSignedIn]);

  if (!exchange.isError) {
    return <Message title="Opening the page …" />;
  }
  const { error } = exchange;
  if (error instanceof NoAnswer || (error instanceof Problem && error.isTemporary)) {
    return (
      <Message title="The server does not answer">
        <p role="status">Try again in a while. Keep this tab open, your link is in it.</p>
        <button type="button" className="button" onClick={() => void exchange.refetch()}>
          Try again
        </button>
      </Message>
    );
  }
  const type = error instanceof Problem ? error.type : "";
  return (
    <Message title={TITLES[type] ?? "This link does not work"}>
      <p role="status">
        {SENTENCES[type] ?? error.message} {ASK}
      </p>
      {type === "invitation-used" ? (
        <p>If you never opened it, tell the lead that somebody else did.</p>
      ) : null}
      <LinkForm onSignedIn={onSignedIn} onInvitation={onLink} />
    </Message>
  );
}
