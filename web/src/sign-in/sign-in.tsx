import { type FormEvent, useState } from "react";
import { invitationIn } from "../api/invitation";
import { readToken, startSession, tokenIn } from "../api/session";
import { Message } from "../ui/message";
import styles from "./sign-in.module.css";

/** Why nobody is signed in. */
export type SignInReason = "none" | "expired" | "refused" | "revoked";

const SENTENCES: Readonly<Record<SignInReason, string>> = {
  none: "You need a personal link to work here. Ask the lead of your project for one and open it.",
  expired:
    "Your link has expired. Ask the lead of your project for a new one and open it here: what you entered is kept in this browser.",
  refused:
    "The services do not accept your link: it was made for another installation. Ask the lead of your project for a new one.",
  revoked:
    "The lead of your project has ended your access. Answers that you submitted are stored; what you had not submitted is kept in this browser. Ask the lead for a new link if you should go on.",
};

interface Props {
  readonly reason: SignInReason;
  readonly onSignedIn: () => void;
  /** Called with the secret of a pasted invitation. */
  readonly onInvitation: (secret: string) => void;
}

/** The way in. Each way of signing in is a section here and ends in `startSession`. */
export function SignIn({ reason, onSignedIn, onInvitation }: Props) {
  return (
    <Message title={reason === "none" ? "Sign in" : "Sign in again"}>
      <p role="status">{SENTENCES[reason]}</p>
      <LinkForm onSignedIn={onSignedIn} onInvitation={onInvitation} />
    </Message>
  );
}

/** Takes a pasted link, of an invitation or with a token. */
export function LinkForm({ onSignedIn, onInvitation }: Omit<Props, "reason">) {
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
