"""`labelwright token`: bearer tokens of a local stack."""

import os
from pathlib import Path
from typing import Annotated

import typer

from labelwright_client import tokens
from labelwright_client.cli.output import HomeOption, JsonOption, WrongInput, show_json
from labelwright_client.stack import home_of


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
    """Make a token, signed with the key of the local stack."""
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
        show_json({"token": signed, "name": name, "pseudonym": known_as, "roles": role})
    else:
        typer.echo(signed)


def _folder(home: Path | None) -> Path:
    return home or home_of(os.environ)
