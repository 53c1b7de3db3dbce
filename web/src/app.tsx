import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { Suspense, useCallback, useMemo, useState } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { type Config, type Login, loadConfig } from "./api/config";
import { makeServices } from "./api/services";
import { currentSession, endSession, identityOf, type Session } from "./api/session";
import { roomsFor } from "./rooms";
import { hasProviderAnswer } from "./sign-in/answer";
import { OpenInvitation } from "./sign-in/invitation";
import { SignIn, type SignInReason } from "./sign-in/sign-in";
import { useTokens } from "./sign-in/use-tokens";
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
  const [isComingBack] = useState(() => hasProviderAnswer(location.search));
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
  if (config.data.login && isComingBack) {
    return <ComingBack config={config.data} login={config.data.login} />;
  }
  return <SignedIn config={config.data} invitation={invitation} />;
}

/** Takes up what a login provider answered, which stands in the address. */
function ComingBack({ config, login }: { readonly config: Config; readonly login: Login }) {
  const arrival = useQuery({
    queryKey: ["sign-in"],
    queryFn: () => import("./sign-in/openid").then(({ finishSignIn }) => finishSignIn(login)),
    retry: false,
    staleTime: Infinity,
  });
  if (arrival.isPending) {
    return <Message title="Signing in …" />;
  }
  const cameWith = arrival.isError ? "failed" : "none";
  return <SignedIn config={config} invitation={null} cameWith={cameWith} />;
}

interface SignedInProps {
  readonly config: Config;
  /** The secret of an invitation that the address had. */
  readonly invitation: string | null;
  readonly cameWith?: SignInReason;
}

function SignedIn({ config, invitation, cameWith = "none" }: SignedInProps) {
  const [session, setSession] = useState(currentSession);
  const [reason, setReason] = useState<SignInReason>(cameWith);
  const [secret, setSecret] = useState(invitation);

  const leave = useCallback((why: SignInReason) => {
    endSession();
    setReason(why);
    setSession(null);
  }, []);
  const refresh = useCallback(() => setSession(currentSession()), []);
  const enter = useCallback(() => {
    setSecret(null);
    setSession(currentSession());
  }, []);

  if (secret !== null) {
    return <OpenInvitation config={config} secret={secret} onSignedIn={enter} onLink={setSecret} />;
  }
  const isOver = session !== null && !session.isRenewable && session.expiresAt <= Date.now();
  if (session === null || isOver) {
    return (
      <SignIn
        reason={isOver ? "expired" : reason}
        login={config.login}
        onSignedIn={enter}
        onInvitation={setSecret}
      />
    );
  }
  return (
    <Screens
      key={identityOf(session)}
      config={config}
      session={session}
      onLeave={leave}
      onChanged={refresh}
    />
  );
}

interface ScreensProps {
  readonly config: Config;
  readonly session: Session;
  readonly onLeave: (why: SignInReason) => void;
  /** Called when the renewed token opens something else. */
  readonly onChanged: () => void;
}

function Screens({ config, session, onLeave, onChanged }: ScreensProps) {
  const tokens = useTokens(config.login, session, { onLeave, onChanged });
  const services = useMemo(
    () =>
      makeServices(config, tokens, (type) => {
        const why = type === "access-revoked" ? "revoked" : "refused";
        onLeave(session.expiresAt <= Date.now() ? "expired" : why);
      }),
    [config, session, tokens, onLeave],
  );

  function signOut() {
    const { login } = config;
    const atProvider =
      login && session.isRenewable
        ? import("./sign-in/openid").then((openid) => openid.signOut(login))
        : Promise.resolve();
    void atProvider.catch(() => undefined).then(() => onLeave("none"));
  }

  const rooms = roomsFor(session.roles);
  const [first] = rooms;
  const shared = { services, session, onSignOut: signOut };
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
