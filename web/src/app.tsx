import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { Annotate } from "./annotate/annotate";
import { type Config, loadConfig } from "./api/config";
import { makeServices } from "./api/services";
import { currentSession, endSession, type Session } from "./api/session";
import { SignIn, type SignInReason } from "./sign-in/sign-in";
import { Message } from "./ui/message";

const queries = new QueryClient({ defaultOptions: { queries: { retry: 1 } } });

/** The page: it knows the services, then who is signed in, then which screen they see. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Configured />
    </QueryClientProvider>
  );
}

function Configured() {
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
  return <SignedIn config={config.data} />;
}

function SignedIn({ config }: { readonly config: Config }) {
  const [session, setSession] = useState(currentSession);
  const [reason, setReason] = useState<SignInReason>("none");

  function leave(why: SignInReason) {
    endSession();
    setReason(why);
    setSession(null);
  }

  if (session === null || session.expiresAt <= Date.now()) {
    const why = session === null ? reason : "expired";
    return <SignIn reason={why} onSignedIn={() => setSession(currentSession())} />;
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
      makeServices(config, session.token, () =>
        onLeave(session.expiresAt <= Date.now() ? "expired" : "refused"),
      ),
    [config, session, onLeave],
  );
  const shared = { services, session, onSignOut: () => onLeave("none") };
  return (
    <Router hook={useHashLocation}>
      <Switch>
        <Route path="/annotate/:project">
          {({ project }) => <Annotate {...shared} key={project} project={project} />}
        </Route>
        <Route path="/annotate">
          <Annotate {...shared} project={undefined} />
        </Route>
        <Route>
          <Redirect to="/annotate" />
        </Route>
      </Switch>
    </Router>
  );
}
