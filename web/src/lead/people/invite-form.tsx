import { type FormEvent, useId, useState } from "react";
import type { Services } from "../../api/services";
import { Failure } from "../parts/failure";
import { InvitedLinks } from "./invited-links";
import { namesIn } from "./names";
import styles from "./people.module.css";
import { type Invited, ROLES, type Role, useInvite } from "./people-queries";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly firstRole: Role;
}

/** Makes a link for each name, in one role. */
export function InviteForm({ services, project, firstRole }: Props) {
  const [text, setText] = useState("");
  const [role, setRole] = useState(firstRole);
  const [made, setMade] = useState<readonly Invited[]>([]);
  const invite = useInvite(services, project, (one) => setMade((before) => [...before, one]));
  const names = namesIn(text);
  const id = useId();

  function submit(event: FormEvent) {
    event.preventDefault();
    if (names.length > 0) {
      invite.mutate({ names, role }, { onSuccess: () => setText("") });
    }
  }

  return (
    <>
      <form className={styles.form} onSubmit={submit}>
        <div className={styles.names}>
          <label htmlFor={id}>Names, one on each line</label>
          <textarea
            id={id}
            rows={4}
            value={text}
            // The lead came here to type names.
            // biome-ignore lint/a11y/noAutofocus: the form is what the view was opened for.
            autoFocus
            placeholder={"Ada\nGrace\nKatherine"}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <div className={styles.controls}>
          <label>
            <span>Role</span>
            <select value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {ROLES.map(([name, title]) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          <button
            type="submit"
            className="button primary"
            disabled={names.length === 0 || invite.isPending}
          >
            {names.length > 1 ? `Make ${names.length} links` : "Make a link"}
          </button>
        </div>
      </form>
      {invite.isError ? (
        <Failure error={invite.error} title="Not everybody could be invited" />
      ) : null}
      <InvitedLinks invited={made} />
    </>
  );
}
