import type { ReactNode } from "react";
import type { Services } from "../../api/services";
import { counted, duration } from "../parts/figures";
import { type Person, usePeople } from "../people/people-queries";
import type { Queue } from "../queries";
import { addressOfView } from "../views";
import styles from "./attention.module.css";
import { openAt } from "./pace";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly queues: readonly Queue[];
  readonly overdue: number;
}

/** What needs somebody: work that nobody may do, and work that is late. Nothing if all is well. */
export function Attention({ services, project, queues, overdue }: Props) {
  const people = usePeople(services, project);
  const notes: ReactNode[] = [];
  for (const { stage, role, what } of NEEDED) {
    const waiting = openAt(queues, stage);
    if (waiting > 0) {
      const names = people.data && namesWith(people.data, role);
      notes.push(
        <Waiting
          key={stage}
          {...{ project, role, names, what: what(waiting), age: ageAt(queues, stage) }}
        />,
      );
    }
  }
  if (overdue > 0) {
    notes.push(
      <p key="overdue" className={styles.note} data-tone="warning">
        {counted(overdue, "task is", "tasks are")} overdue: more people, or fewer annotations per
        item, would help.
      </p>,
    );
  }
  return notes.length > 0 ? <div className={styles.notes}>{notes}</div> : null;
}

const NEEDED = [
  {
    stage: "adjudicate",
    role: "adjudicator",
    what: (number: number) => `${counted(number, "item waits", "items wait")} for an adjudicator`,
  },
  {
    stage: "review",
    role: "reviewer",
    what: (number: number) => `${counted(number, "label waits", "labels wait")} for a reviewer`,
  },
] as const;

function namesWith(people: readonly Person[], role: "adjudicator" | "reviewer"): string[] {
  return people
    .filter((person) => person.roles.includes(role) && person.revoked_at === null)
    .map((person) => person.name ?? "somebody without a name here");
}

function ageAt(queues: readonly Queue[], stage: Queue["stage"]): number {
  return Math.max(
    ...queues.filter((queue) => queue.stage === stage).map((queue) => queue.oldest_seconds),
  );
}

interface WaitingProps {
  readonly project: string;
  readonly role: string;
  /** Who has the role; undefined if that is not known. */
  readonly names: readonly string[] | undefined;
  readonly what: string;
  /** Seconds since the oldest waits. */
  readonly age: number;
}

function Waiting({ project, role, names, what, age }: WaitingProps) {
  const nobody = names?.length === 0;
  const since = age > 0 ? `, the oldest for ${duration(age)}` : "";
  return (
    <div className={styles.note} data-tone={nobody ? "danger" : "plain"}>
      <p>
        {what}
        {since}. {nobody ? `Nobody was invited as ${role}, so nobody decides them.` : null}
        {names?.length ? `${names.join(", ")} can decide them.` : null}
      </p>
      {nobody ? (
        <a className="button" href={addressOfView(project, "people", role)}>
          Invite somebody as {role}
        </a>
      ) : null}
    </div>
  );
}
