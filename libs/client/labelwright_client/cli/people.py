"""`labelwright people`: names, invitations and the end of access."""

from functools import partial
from typing import Annotated, Any, get_args
from uuid import UUID

import typer
from pydantic import ValidationError

from labelwright_client import ingest, people, quality
from labelwright_client.cli.output import (
    HomeOption,
    InvalidInput,
    JsonOption,
    connect,
    show_json,
    show_table,
)
from labelwright_client.cli.projects import ProjectArgument
from labelwright_client.transport import Client
from schemas.people import InvitedRole, PersonRequest, ProjectPerson, ProviderLogin
from schemas.quality import ProjectAnnotator
from schemas.vocabulary import Accuracy

app = typer.Typer(no_args_is_help=True, help="People of a project: names, links, access.")

ROLES: tuple[InvitedRole, ...] = get_args(InvitedRole)
NameArgument = Annotated[
    str, typer.Argument(help="Name of the person in the project.", show_default=False)
]


@app.command()
def add(  # noqa: PLR0913 (each is an option)
    project: ProjectArgument,
    name: NameArgument,
    *,
    role: Annotated[
        list[str] | None, typer.Option(help="Role to note; repeat the option for several.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="Claim `sub` of the person's tokens of a login provider.")
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(help="Claim `iss` of these tokens, if there are several providers."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the name of a person without an invitation, for people who sign in at a provider."""
    roles = [_checked_role(one) for one in role or ()]
    _check_name(name)
    if issuer is not None and subject is None:
        raise InvalidInput("--issuer needs --subject, the claim `sub` of the person's tokens.")
    login = None if subject is None else ProviderLogin(subject=subject, issuer=issuer)
    with connect(home) as client:
        client.send(ingest.show_project(project))
        added = client.send(people.add_person(project, name, roles=roles, login=login))
    if as_json:
        show_json(added)
    else:
        typer.echo(f"{added.name} is known in {project}, with the pseudonym {added.pseudonym}.")


@app.command()
def invite(
    project: ProjectArgument,
    name: NameArgument,
    *,
    role: Annotated[str, typer.Option(help=f"Role: {', '.join(ROLES)}.")] = "annotator",
    hours: Annotated[
        float | None,
        typer.Option(help="Hours until the access ends; default: 30 days.", min=0.01),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a link for a person, which works once. The same name invites the same person again."""
    given = _checked_role(role)
    _check_name(name)
    with connect(home) as client:
        client.send(ingest.show_project(project))
        made = client.send(people.invite(project, name, given, hours=hours))
    if as_json:
        show_json(made)
        return
    typer.echo(made.link)
    typer.echo(
        f"The link works once. It gives {name} the role {given} in {project} until"
        f" {made.expires_at:%Y-%m-%d %H:%M} UTC.",
        err=True,
    )


@app.command("list")
def list_(
    project: ProjectArgument,
    *,
    invitations: Annotated[
        bool, typer.Option("--invitations", help="List the invitations instead.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the people of a project: how much each has done, accuracy with its interval, rate."""
    with connect(home) as client:
        if invitations:
            _show_invitations(client, project, as_json)
        else:
            _show_people(client, project, as_json)


@app.command()
def revoke(
    project: ProjectArgument,
    name: Annotated[
        str,
        typer.Argument(
            help="Name or pseudonym of the person, or id of an invitation.", show_default=False
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the access of a person to a project: all tokens so far, and open links.

    With the id of an invitation, only that link and its token are revoked.
    """
    with connect(home) as client:
        found = [one for one in _people(client, project) if name in (one.name, one.pseudonym)]
        if found:
            client.send(people.revoke_person(project, found[0].pseudonym))
        elif (invitation := _as_id(name)) is not None:
            client.send(people.revoke_invitation(project, invitation))
        else:
            raise InvalidInput(
                f"'{name}' is neither a name nor an invitation of {project}: `labelwright people"
                f" list {project}` shows the names, with --invitations the ids of invitations."
            )
    if as_json:
        show_json({"project": project, "revoked": name})
    else:
        typer.echo(f"Revoked. All services refuse the tokens of {name} within two seconds.")


def joined(listed: list[ProjectPerson], annotators: list[ProjectAnnotator]) -> list[dict[str, Any]]:
    """Return the people, by name, with the standing and accuracy that quality has for each."""
    standings = {one.annotator: one for one in annotators}
    rows = []
    for one in sorted(listed, key=lambda one: (one.name is None, one.name or one.pseudonym)):
        known = standings.get(one.pseudonym)
        rows.append(
            {
                **one.model_dump(mode="json"),
                "standing": None if known is None else known.standing,
                "accuracy": None if known is None else known.accuracy.model_dump(mode="json"),
            }
        )
    return rows


def accuracy_text(accuracy: dict[str, Any] | None) -> str | None:
    """Return an accuracy in percent with its 95 % interval; None if nothing is known."""
    if accuracy is None or Accuracy.model_validate(accuracy).value is None:
        return None
    value, low, high = (round(100 * accuracy[name]) for name in ("value", "low", "high"))
    return f"{value} % ({low} to {high}, n={accuracy['n']})"


def _show_people(client: Client, project: str, as_json: bool) -> None:
    pages = client.pages(partial(quality.list_annotators, project))
    annotators = [one for page in pages for one in page.annotators]
    rows = joined(_people(client, project), annotators)
    if as_json:
        show_json(rows)
        return
    columns = ("name", "roles", "done", "today", "last hour", "accuracy", "standing", "last seen")
    cells = [
        (
            row["name"] or row["pseudonym"],
            ", ".join(row["roles"]) + (" (revoked)" if row["revoked_at"] else ""),
            row["done"],
            row["done_today"],
            row["done_last_hour"],
            accuracy_text(row["accuracy"]),
            row["standing"],
            _minute(row["last_seen_at"]),
        )
        for row in rows
    ]
    show_table(None, columns, cells)


def _show_invitations(client: Client, project: str, as_json: bool) -> None:
    pages = client.pages(partial(people.list_invitations, project))
    rows = [one.model_dump(mode="json") for page in pages for one in page.invitations]
    if as_json:
        show_json(rows)
        return
    columns = ("name", "role", "state", "made", "ends")
    times = ("created_at", "expires_at")
    show_table(
        None,
        columns,
        [
            (row["name"], row["role"], row["state"], *(_minute(row[t]) for t in times))
            for row in rows
        ],
    )


def _people(client: Client, project: str) -> list[ProjectPerson]:
    pages = client.pages(partial(people.list_people, project))
    return [one for page in pages for one in page.people]


def _as_id(text: str) -> UUID | None:
    """Return the id that `text` is; None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _minute(time: str | None) -> str | None:
    """Return an ISO time up to its minute."""
    return None if time is None else time[:16].replace("T", " ")


def _check_name(name: str) -> None:
    try:
        PersonRequest(name=name)
    except ValidationError as error:
        raise InvalidInput("A name has 1 to 100 characters, not only spaces.") from error


def _checked_role(role: str) -> InvitedRole:
    for known in ROLES:
        if role == known:
            return known
    raise InvalidInput(f"People cannot be given the role '{role}'. Roles: {', '.join(ROLES)}.")
