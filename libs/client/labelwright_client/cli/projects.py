"""`labelwright project`: make, list and show projects."""

from typing import Annotated

import typer
from pydantic import ValidationError

from labelwright_client import ingest
from labelwright_client.cli.output import (
    HomeOption,
    JsonOption,
    WrongInput,
    connect,
    show_facts,
    show_json,
    show_table,
)
from schemas.ingest import ProjectHead, ProjectRequest

app = typer.Typer(no_args_is_help=True, help="Make, list and show projects.")

ProjectArgument = Annotated[str, typer.Argument(help="The project's name.", show_default=False)]


@app.command()
def create(
    name: ProjectArgument,
    title: Annotated[str | None, typer.Option(help="For people; else the name.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a project. The same again changes nothing."""
    checked(name)
    with connect(home) as client:
        made = client.send(ingest.create_project(name, title))
    if as_json:
        show_json(made)
    else:
        typer.echo(f"The project {made.name} is there: publish a spec next.")


@app.command("list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """The projects that you may see."""
    found: list[ProjectHead] = []
    with connect(home) as client:
        page: str | None = None
        while True:
            part = client.send(ingest.list_projects(page))
            found += part.projects
            page = part.next
            if page is None:
                break
    if as_json:
        show_json([one.model_dump(mode="json") for one in found])
    else:
        rows = [(one.name, one.title, f"{one.created_at:%Y-%m-%d %H:%M}") for one in found]
        show_table(None, ("project", "title", "made"), rows)


@app.command()
def show(name: ProjectArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """A project and what it holds."""
    with connect(home) as client:
        found = client.send(ingest.show_project(name))
    if as_json:
        show_json(found)
        return
    show_facts(
        {
            "project": found.name,
            "title": found.title,
            "spec version": found.spec_version,
            "items": found.items,
            **{f"tasks {state}": count for state, count in (found.tasks or {}).items()},
            "gold": found.gold,
        }
    )


def checked(name: str) -> str:
    """The name, if projects may be called so. Raises WrongInput."""
    try:
        ProjectRequest(name=name, title="-")
    except ValidationError as error:
        raise WrongInput(
            f"'{name}' is no name for a project: small letters, digits, '.', '_' and '-',"
            " 63 at most, beginning with a letter or a digit."
        ) from error
    return name
