"""The HTTP models of the queue about people: the directory of a project and invitations."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.vocabulary import Annotator, Id, NotBlank, Strict, Timestamp

PEOPLE_MAX = 500
"""The largest number of people or invitations in one page of a list."""
INVITATION_HOURS, INVITATION_HOURS_MAX = 30 * 24, 366 * 24
InvitedRole = Literal["annotator", "reviewer", "adjudicator", "spec_owner", "trainer"]
"""The roles that a lead can give to people of a project."""
InvitationState = Literal["open", "used", "revoked", "expired"]
PersonName = Annotated[
    str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), NotBlank
]


class InvitationRequest(
    Strict, json_schema_extra={"examples": [{"role": "annotator", "name": "Ada"}]}
):
    """An invitation of a person to a project in one role."""

    role: InvitedRole
    name: PersonName
    """The name by which the leads of the project know the person. The same name invites the same
    person again."""
    hours: Annotated[float, Field(gt=0, le=INVITATION_HOURS_MAX)] = INVITATION_HOURS
    """The number of hours in which the link can be opened, and after which the access ends."""


class InvitationCreated(Strict):
    """An invitation with its link, which is not shown again: only its hash is stored."""

    id: Id
    link: str
    expires_at: Timestamp


class InvitationView(Strict):
    """An invitation as leads see it, without its secret."""

    id: Id
    name: str
    role: InvitedRole
    state: InvitationState
    created_at: Timestamp
    expires_at: Timestamp
    used_at: Timestamp | None


class Invitations(Strict):
    """The invitations of a project, newest first. Pass `next` as `after` to get the next page."""

    invitations: list[InvitationView]
    next: str | None = None


class InvitationExchange(
    Strict, json_schema_extra={"examples": [{"secret": "Zk3v1mJ0pXc8aWqR7tYbN2sLhUeGdFoK"}]}
):
    """The secret in the fragment of an invitation's link."""

    secret: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class InvitationToken(Strict):
    """The bearer token of the invited person."""

    token: str
    expires_at: Timestamp


class ProviderLogin(Strict):
    """The identity of a person at a login provider."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    """The claim `sub` of the person's tokens."""
    issuer: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    """The claim `iss` of these tokens. None: the only login provider of the installation."""


class PersonRequest(
    Strict,
    json_schema_extra={
        "examples": [
            {"name": "Ada", "roles": ["annotator"]},
            {"name": "Bob", "login": {"subject": "8c1f", "issuer": "https://id.example.org"}},
        ]
    },
):
    """A person to add to the directory of a project, or new roles of one."""

    name: PersonName
    roles: Annotated[list[InvitedRole], Field(max_length=5)] = []
    login: ProviderLogin | None = None
    """For people who sign in at a login provider. None: for people who get invitations."""


class PersonAdded(Strict):
    """The pseudonym and the name of a person in the directory of a project."""

    pseudonym: Annotator
    name: str


class ProjectPerson(Strict):
    """A person of a project, as only its leads see it."""

    pseudonym: Annotator
    name: str | None
    """None if the directory has no name for the pseudonym."""
    roles: list[InvitedRole]
    invited_at: Timestamp | None
    """The time of the newest invitation."""
    revoked_at: Timestamp | None
    """The time at which the person's access was revoked, if it was not given again."""
    first_seen_at: Timestamp | None
    last_seen_at: Timestamp | None
    """The times of the first and the last submission or use of an invitation."""
    done: int
    """The number of submissions of every stage. Honeypots count as work does."""
    done_today: int
    """The same since midnight, UTC."""
    done_last_hour: int


class ProjectPeople(Strict):
    """The people of a project. Pass `next` as `after` to get the next page."""

    people: list[ProjectPerson]
    next: str | None = None


class Me(Strict):
    """The caller, as its token and the queue know it."""

    pseudonym: Annotator
    name: str | None
    roles: list[str]
    projects: list[str]
    """The projects that the token is for; `*` stands for all."""
    done: int
    """The number of submissions in these projects. Honeypots count as work does."""
    done_today: int
    """The same since midnight, UTC."""
