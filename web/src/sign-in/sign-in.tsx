import { type FormEvent, useState } from "react";
import type { Login } from "../api/config";
import { invitationIn } from "../api/invitation";
import { readToken, startSession, tokenIn } from "../api/session";
import { Message } from "../ui/message";
import styles from "./sign-in.module.css";

/** Why nobody is signed in. */
export type SignInReason = "none" | "expired" | "refused" | "revoked" | "ended" | "failed";

const KEPT = "What you entered is kept in this browser.";

const SENTENCES: Readonly<Record<SignInReason, string>> = {
  none: "You need a personal link to work here. Ask the lead of your project for one and open it.",
  expired:
    "Your link has expired. Ask the lead of your project for a new one and open it here: what you entered is kept in this browser.",
  refused:
    "The services do not accept your link: it was made for another installation. Ask the lead of your project for a new one.",
  revoked:
    "The lead of your project has ended your access. Answers that you submitted are stored; what you had not submitted is kept in this browser. Ask the lead for a new link if you should go on.",
  ended: `Your sign-in has ended. Sign in again to go on. ${KEPT}`,
  failed: "The sign-in did not succeed. Try again, or ask the lead of your project for help.",
};

/** Where people sign in with an account, these sentences stand in the place of those about links. */
const SENTENCES_WITH_LOGIN: Readonly<Partial<Record<SignInReason, string>>> = {
  none: "Sign in with your account, or open the personal link that you got.",
  expired: `Your sign-in has expired. Sign in again to go on. ${KEPT}`,
  refused: `The services do not accept your sign-in. Sign in again; if that does not help, ask the lead of your project. ${KEPT}`,
};

interface Props {
  readonly reason: SignInReason;
  /** The provider where people sign in; null if they have links alone. */
  readonly login: Login | null;
  readonly onSignedIn: () => void;
  /** Called with the secret of a pasted invitation. */
  readonly onInvitation: (secret: string) => void;
}

/** The way in. Each way of signing in is a section here and ends in `startSession`. */
export function SignIn({ reason, login, onSignedIn, onInvitation }: Props) {
  const sentence = (login ? SENTENCES_WITH_LOGIN[reason] : undefined) ?? SENTENCES[reason];
  return (
    <Message title={reason === "none" ? "Sign in" : "Sign in again"}>
      <p role="status">{sentence}</p>
      {login ? <ProviderButton login={login} /> : null}
      <LinkForm onSignedIn={onSignedIn} onInvitation={onInvitation} />
    </Message>
  );
}

function ProviderButton({ login }: { readonly login: Login }) {
  const [state, setState] = useState<"idle" | "leaving" | "unreachable">("idle");
  const title = login.title ?? new URL(login.authority).host;

  async function begin() {
    setState("leaving");
    try {
      const { beginSignIn } = await import("./openid");
      await beginSignIn(login);
    } catch {
      setState("unreachable");
    }
  }

  return (
    <div className={styles.provider}>
      <button
        type="button"
        className="button primary"
        disabled={state === "leaving"}
        onClick={() => void begin()}
      >
        Sign in with {title}
      </button>
      {state === "unreachable" ? (
        <p role="alert" className="error">
          {title} does not answer. Check your network and try again.
        </p>
      ) : null}
    </div>
  );
}

/** Takes a pasted link, of an invitation or with a token. */
export function LinkForm({ onSignedIn, onInvitation }: Pick<Props, "onSignedIn" | "onInvitation">) {
  const [text, setText] = useState("");
  const [isWrong, setIsWrong] = useState(false);

  function submit(event: FormEvent) {
    event.preventDefault();
    const secret = invitationIn(text);
    if (secret) {
      onInvitation(secret);
      return;
    }
    const token = tokenIn(text);
    if (readToken(token) === null) {
      setIsWrong(true);
      return;
    }
    startSession(token);
    onSignedIn();
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <label htmlFor="link">Or paste the link here</label>
      <div className={styles.row}>
        <input
          id="link"
          type="text"
          autoComplete="off"
          spellCheck={false}
          value={text}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? "link-error" : undefined}
          onChange={(event) => {
            setText(event.target.value);
            setIsWrong(false);
          }}
        />
        <button type="submit" className="button primary">
          Sign in
        </button>
      </div>
      {isWrong ? (
        <p id="link-error" role="alert" className="error">
          This is not a link to this page. It looks like {location.origin}/#invite=…
        </p>
      ) : null}
    </form>
  );
}
