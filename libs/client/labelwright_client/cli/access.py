"""`labelwright token`: bearer tokens of a local stack."""

import os
from typing import Annotated

import typer

from labelwright_client import tokens
from labelwright_client.cli.output import HomeOption, InvalidInput, JsonOption, show_json
from labelwright_client.stack import home_of


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
    """Make a bearer token, signed with the key of the local stack."""
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
        show_json({"token": signed, "name": name, "pseudonym": pseudonym, "roles": role})
    else:
        typer.echo(signed)
