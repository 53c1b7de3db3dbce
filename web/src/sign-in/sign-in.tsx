import { type FormEvent, useState } from "react";
import { readToken, startSession, tokenIn } from "../api/session";
import { Message } from "../ui/message";
import styles from "./sign-in.module.css";

/** Why nobody is signed in. */
export type SignInReason = "none" | "expired" | "refused";

const SENTENCES: Readonly<Record<SignInReason, string>> = {
  none: "You need a personal link to work here. Ask the lead of your project for one and open it.",
  expired:
    "Your link has expired. Ask the lead of your project for a new one and open it here: what you entered is kept in this browser.",
  refused:
    "The services do not accept your link: it was made for another installation, or it was withdrawn. Ask the lead of your project for a new one.",
};

interface Props {
  readonly reason: SignInReason;
  readonly onSignedIn: () => void;
}

/** The way in. Each way of signing in is a section here and ends in `startSession`. */
export function SignIn({ reason, onSignedIn }: Props) {
  return (
    <Message title={reason === "none" ? "Sign in" : "Sign in again"}>
      <p role="status">{SENTENCES[reason]}</p>
      <LinkForm onSignedIn={onSignedIn} />
    </Message>
  );
}

function LinkForm({ onSignedIn }: { readonly onSignedIn: () => void }) {
  const [text, setText] = useState("");
  const [isWrong, setIsWrong] = useState(false);

  function submit(event: FormEvent) {
    event.preventDefault();
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
          This is not a link to this page. It looks like {location.origin}/#token=eyJ…
        </p>
      ) : null}
    </form>
  );
}
