import { useState } from "react";
import styles from "./people.module.css";
import type { Invited } from "./people-queries";

/** The links of people who were just invited, to be sent to them. They are shown only here. */
export function InvitedLinks({ invited }: { readonly invited: readonly Invited[] }) {
  const [copied, setCopied] = useState("");
  if (invited.length === 0) {
    return null;
  }

  async function copy(text: string, what: string) {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(`Copied ${what}.`);
    } catch {
      setCopied("This browser does not let the page copy. Select the link and copy it.");
    }
  }

  const all = invited.map(({ name, link }) => `${name}: ${link}`).join("\n");
  return (
    <div className={styles.made}>
      <p>
        Send each person their link. It opens once, straight into the work, and is shown only now.
      </p>
      <ul className={styles.links} aria-label="Links">
        {invited.map(({ name, link }) => (
          <li key={link} className={styles.link}>
            <strong className={styles.name}>{name}</strong>
            <input type="text" readOnly value={link} aria-label={`Link of ${name}`} />
            <button
              type="button"
              className="button"
              onClick={() => void copy(link, `the link of ${name}`)}
            >
              Copy<span className="visually-hidden"> the link of {name}</span>
            </button>
          </li>
        ))}
      </ul>
      <div className={styles.row}>
        {invited.length > 1 ? (
          <button type="button" className="button" onClick={() => void copy(all, "all links")}>
            Copy all, with names
          </button>
        ) : null}
        <span role="status" className="muted">
          {copied}
        </span>
      </div>
    </div>
  );
}
