import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { Suspense, useMemo, useState } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { type Config, loadConfig } from "./api/config";
import { makeServices } from "./api/services";
import { currentSession, endSession, type Session } from "./api/session";
import { roomsFor } from "./rooms";
import { OpenInvitation } from "./sign-in/invitation";
import { SignIn, type SignInReason } from "./sign-in/sign-in";
import { Message } from "./ui/message";

const queries = new QueryClient({ defaultOptions: { queries: { retry: 1 } } });

/** The page: it knows the services, then who is signed in, then which screen they see. */
export function App({ invitation }: { readonly invitation: string | null }) {
  return (
    <QueryClientProvider client={queries}>
      <Configured invitation={invitation} />
    </QueryClientProvider>
  );
}

function Configured({ invitation }: { readonly invitation: string | null }) {
  const config = useQuery({ queryKey: ["config"], queryFn: loadConfig, staleTime: Infinity });
  if (config.isPending) {
    return <Message title="Opening the page …" />;
  }
  if (config.isError) {
    return (
      <Message title="The page cannot find its services">
        <p>
          The server that sent this page does not answer any more. Load the page again in a while.
        </p>
        <button type="button" className="button" onClick={() => void config.refetch()}>
          Try again
        </button>
      </Message>
    );
  }
  return <SignedIn config={config.data} invitation={invitation} />;
}

interface SignedInProps {
  readonly config: Config;
  readonly invitation: string | null;
}

function SignedIn({ config, invitation }: SignedInProps) {
  const [session, setSession] = useState(currentSession);
  const [reason, setReason] = useState<SignInReason>("none");
  const [secret, setSecret] = useState(invitation);

  function enter() {
    setSecret(null);
    setSession(currentSession());
  }

  function leave(why: SignInReason) {
    endSession();
    setReason(why);
    setSession(null);
  }

  if (secret !== null) {
    return <OpenInvitation config={config} secret={secret} onSignedIn={enter} onLink={setSecret} />;
  }
  if (session === null || session.expiresAt <= Date.now()) {
    const why = session === null ? reason : "expired";
    return <SignIn reason={why} onSignedIn={enter} onInvitation={setSecret} />;
  }
  return <Screens key={session.token} config={config} session={session} onLeave={leave} />;
}

interface ScreensProps {
  readonly config: Config;
  readonly session: Session;
  readonly onLeave: (why: SignInReason) => void;
}

function Screens({ config, session, onLeave }: ScreensProps) {
  const services = useMemo(
    () =>
      makeServices(config, session.token, (type) => {
        const why = type === "access-revoked" ? "revoked" : "refused";
        onLeave(session.expiresAt <= Date.now() ? "expired" : why);
      }),
    [config, session, onLeave],
  );
  const rooms = roomsFor(session.roles);
  const [first] = rooms;
  const shared = { services, session, onSignOut: () => onLeave("none") };
  if (!first) {
    return <NoRoom session={session} onSignOut={shared.onSignOut} />;
  }
  return (
    <Router hook={useHashLocation}>
      <Suspense fallback={<Message title="Opening the page …" />}>
        <Switch>
          {rooms.map(({ name, Screen }) => (
            <Route key={name} path={`/${name}/:project?/*?`}>
              {({ project, "*": rest }) => (
                <Screen {...shared} key={project} project={project} rest={rest ?? ""} />
              )}
            </Route>
          ))}
          <Route>
            <Redirect to={`/${first.name}`} />
          </Route>
        </Switch>
      </Suspense>
    </Router>
  );
}

/** Says that the person's roles have no room on this page. */
function NoRoom({ session, onSignOut }: Pick<ScreensProps, "session"> & { onSignOut: () => void }) {
  const roles = session.roles.length ? `only: ${session.roles.join(", ")}` : "for no role";
  return (
    <Message title="There is nothing here for your roles">
      <p>Your link is {roles}. Ask the lead of your project for a link with another role.</p>
      <button type="button" className="button" onClick={onSignOut}>
        Sign out
      </button>
    </Message>
  );
}
