"""`labelwright token`: bearer tokens of a local stack."""

import os
from pathlib import Path
from typing import Annotated

import typer

from labelwright_client import tokens
from labelwright_client.cli.output import HomeOption, JsonOption, WrongInput, show_json
from labelwright_client.problems import NotConfigured
from labelwright_client.stack import READY_FILE, Stack, home_of


def token(  # noqa: PLR0913 (each is an option)
    *,
    name: Annotated[str, typer.Option(help="Whose token it is.")],
    role: Annotated[list[str], typer.Option(help="What it allows; may be given several times.")],
    project: Annotated[
        list[str] | None, typer.Option(help="Where; may be given several times. Else: everywhere.")
    ] = None,
    kind: Annotated[str, typer.Option(help="human, model or function.")] = "human",
    hours: Annotated[float, typer.Option(help="For how long it holds.", min=0.01)] = 24,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token, signed with the key of the local stack.

    While the stack runs, the link that opens the labeling page with it is printed too, not on the
    standard output, which holds the token alone.
    """
    unknown = [one for one in role if one not in tokens.ROLES]
    if unknown:
        raise WrongInput(f"There is no role '{unknown[0]}'; roles are {', '.join(tokens.ROLES)}.")
    if kind not in tokens.KINDS:
        raise WrongInput(f"There is no kind '{kind}'; kinds are {', '.join(tokens.KINDS)}.")
    folder = _folder(home)
    signed = tokens.sign(
        folder, name=name, roles=role, projects=project or ("*",), kind=kind, hours=hours
    )
    if as_json:
        known_as = tokens.pseudonym(folder, name)
        told = {"token": signed, "name": name, "pseudonym": known_as, "roles": role}
        show_json({**told, "link": _page_link(folder, signed)})
    else:
        typer.echo(signed)
        if link := _page_link(folder, signed):
            typer.echo(f"The labeling page: {link}", err=True)


def _page_link(folder: Path, signed: str) -> str | None:
    """The link that signs in to the labeling page; None while the stack does not run.

    The token is in the fragment, which browsers send to no server.
    """
    try:
        stack = Stack.from_ready_file(folder / READY_FILE)
    except NotConfigured:
        return None
    return f"{stack.url('queue')}/#token={signed}"


def _folder(home: Path | None) -> Path:
    return home or home_of(os.environ)
