"""Calls to the queue about people: invitations, the directory of a project, the caller itself."""

from collections.abc import Sequence
from uuid import UUID

from labelwright_client.call import Call, api_path, get, json_as, no_content, send_json
from schemas.people import (
    InvitationCreated,
    InvitationExchange,
    InvitationRequest,
    Invitations,
    InvitationToken,
    InvitedRole,
    Me,
    PersonAdded,
    PersonRequest,
    ProjectPeople,
    ProviderLogin,
)


def invite(
    project: str, name: str, role: InvitedRole, *, hours: float | None = None
) -> Call[InvitationCreated]:
    """Make a link for a person. If the response is lost, an unused invitation stays behind."""
    path = api_path("projects", project, "invitations")
    body = InvitationRequest(name=name, role=role)
    if hours is not None:
        body = InvitationRequest(name=name, role=role, hours=hours)
    return send_json("queue", "POST", path, body, json_as(InvitationCreated))


def list_invitations(project: str, after: str | None = None) -> Call[Invitations]:
    """List the invitations of a project, newest first, one page at a time."""
    path = api_path("projects", project, "invitations")
    return get("queue", path, json_as(Invitations), after=after)


def revoke_invitation(project: str, invitation_id: UUID) -> Call[None]:
    """Revoke an invitation, and its token if it was used."""
    path = api_path("projects", project, "invitations", invitation_id)
    return Call("queue", "DELETE", path, no_content)


def exchange(secret: str) -> Call[InvitationToken]:
    """Exchange the secret of an invitation for a token; it works once."""
    body = InvitationExchange(secret=secret)
    path = api_path("invitations", "exchange")
    return send_json("queue", "POST", path, body, json_as(InvitationToken))


def list_people(project: str, after: str | None = None) -> Call[ProjectPeople]:
    """List the people of a project with their names, one page at a time."""
    return get(
        "queue", api_path("projects", project, "people"), json_as(ProjectPeople), after=after
    )


def add_person(
    project: str,
    name: str,
    *,
    roles: Sequence[InvitedRole] = (),
    login: ProviderLogin | None = None,
) -> Call[PersonAdded]:
    """Add a name to the directory of a project. Adding it again changes nothing but its roles."""
    body = PersonRequest(name=name, roles=list(roles), login=login)
    path = api_path("projects", project, "people")
    return send_json("queue", "POST", path, body, json_as(PersonAdded))


def revoke_person(project: str, pseudonym: str) -> Call[None]:
    """Revoke a person's access to a project: all tokens so far, and open invitations."""
    return Call("queue", "DELETE", api_path("projects", project, "people", pseudonym), no_content)


def describe_me() -> Call[Me]:
    """Read who the caller is, and how much it has done."""
    return get("queue", api_path("me"), json_as(Me))
