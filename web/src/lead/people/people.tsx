import { type Column, SortableTable } from "../../ui/sortable-table";
import { Card, Empty } from "../parts/card";
import { sentenceOf } from "../parts/failure";
import { count, time } from "../parts/figures";
import { Loaded } from "../parts/loaded";
import { Pill, type Tone } from "../parts/pill";
import type { ViewProps } from "../project-screen";
import { InviteForm } from "./invite-form";
import {
  type Invitation,
  type Person,
  ROLES,
  useInvitations,
  usePeople,
  useRevoke,
} from "./people-queries";

const PEOPLE: readonly Column<Person>[] = [
  { key: "name", title: "Name", value: (person) => person.name ?? person.pseudonym },
  { key: "roles", title: "Roles", value: (person) => person.roles.map(roleName).join(", ") },
  {
    key: "done",
    title: "Answered",
    value: (person) => person.done,
    cell: (person) => count(person.done),
    isNumber: true,
  },
  {
    key: "today",
    title: "Today",
    value: (person) => person.done_today,
    cell: (person) => count(person.done_today),
    isNumber: true,
  },
  {
    key: "seen",
    title: "Last seen",
    value: (person) => person.last_seen_at,
    cell: (person) => (person.last_seen_at ? time(person.last_seen_at) : "not yet"),
  },
];

const TONES: Readonly<Record<Invitation["state"], Tone>> = {
  open: "plain",
  used: "good",
  revoked: "danger",
  expired: "warning",
};

/** The people of a project, and the way to invite more. */
export default function People({ services, project, rest }: ViewProps) {
  const people = usePeople(services, project);
  const role = ROLES.find(([name]) => name === rest)?.[0] ?? "annotator";
  return (
    <>
      <Card title="Invite">
        <InviteForm services={services} project={project} firstRole={role} />
      </Card>
      <Card title="People">
        <Loaded query={people} what="the people">
          {(rows) =>
            rows.length > 0 ? (
              <SortableTable
                caption="People"
                columns={PEOPLE}
                rows={rows}
                keyOf={(row) => row.pseudonym}
              />
            ) : (
              <Empty>
                <p>Nobody is here yet. Write the names above; each person gets a link to open.</p>
              </Empty>
            )
          }
        </Loaded>
      </Card>
      <Invitations services={services} project={project} />
    </>
  );
}

function Invitations({ services, project }: Pick<ViewProps, "services" | "project">) {
  const invitations = useInvitations(services, project);
  const revoke = useRevoke(services, project);
  const columns: readonly Column<Invitation>[] = [
    { key: "name", title: "Name", value: (one) => one.name },
    { key: "role", title: "Role", value: (one) => roleName(one.role) },
    {
      key: "state",
      title: "State",
      value: (one) => one.state,
      cell: (one) => <Pill tone={TONES[one.state]}>{one.state}</Pill>,
    },
    {
      key: "made",
      title: "Made",
      value: (one) => one.created_at,
      cell: (one) => time(one.created_at),
    },
    {
      key: "ends",
      title: "Ends",
      value: (one) => one.expires_at,
      cell: (one) => time(one.expires_at),
    },
    {
      key: "revoke",
      title: "Action",
      cell: (one) =>
        one.state === "open" || one.state === "used" ? (
          <button
            type="button"
            className="button"
            disabled={revoke.isPending}
            onClick={() => revoke.mutate(one.id)}
          >
            Revoke<span className="visually-hidden"> the invitation of {one.name}</span>
          </button>
        ) : null,
    },
  ];
  if (!invitations.data?.length && !invitations.isError) {
    return null;
  }
  return (
    <Card title="Invitations">
      {revoke.isError ? (
        <p role="alert" className="error">
          {sentenceOf(revoke.error)}
        </p>
      ) : null}
      <Loaded query={invitations} what="the invitations">
        {(rows) => (
          <SortableTable
            caption="Invitations"
            columns={columns}
            rows={rows}
            keyOf={(row) => row.id}
          />
        )}
      </Loaded>
    </Card>
  );
}

function roleName(role: string): string {
  return role.replace("_", " ");
}
