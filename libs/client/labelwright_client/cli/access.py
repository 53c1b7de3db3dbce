"""`labelwright token`: bearer tokens of a local stack."""

import os
from pathlib import Path
from typing import Annotated

import typer

from labelwright_client import tokens
from labelwright_client.cli.output import HomeOption, InvalidInput, JsonOption, show_json
from labelwright_client.problems import NotConfigured
from labelwright_client.stack import READY_FILE, Stack, home_of


def token(  # noqa: PLR0913 (each is an option)
    *,
    name: Annotated[str, typer.Option(help="Name of the person or program.")],
    role: Annotated[list[str], typer.Option(help="Role; repeat the option for several.")],
    project: Annotated[
        list[str] | None,
        typer.Option(help="Project of the roles; repeat the option for several. Default: all."),
    ] = None,
    kind: Annotated[str, typer.Option(help="Kind: human, model or function.")] = "human",
    hours: Annotated[float, typer.Option(help="Hours until the token expires.", min=0.01)] = 24,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a bearer token, signed with the key of the local stack.

    While the stack runs, the link that opens the labeling page with it is printed too, to standard
    error: standard output has the token only.
    """
    unknown = [name for name in role if name not in tokens.ROLES]
    if unknown:
        raise InvalidInput(f"There is no role '{unknown[0]}'. Roles: {', '.join(tokens.ROLES)}.")
    if kind not in tokens.KINDS:
        raise InvalidInput(f"There is no kind '{kind}'. Kinds: {', '.join(tokens.KINDS)}.")
    folder = home or home_of(os.environ)
    signed = tokens.sign(
        folder, name=name, roles=role, projects=project or ("*",), kind=kind, hours=hours
    )
    if as_json:
        pseudonym = tokens.pseudonym(folder, name)
        result = {"token": signed, "name": name, "pseudonym": pseudonym, "roles": role}
        show_json({**result, "link": _page_link(folder, signed)})
    else:
        typer.echo(signed)
        if link := _page_link(folder, signed):
            typer.echo(f"The labeling page: {link}", err=True)


def _page_link(folder: Path, signed: str) -> str | None:
    """Return the link that signs in to the labeling page; None while the stack does not run.

    The token is in the fragment, which browsers send to no server.
    """
    try:
        stack = Stack.from_ready_file(folder / READY_FILE)
    except NotConfigured:
        return None
    return f"{stack.url('queue')}/#token={signed}"
