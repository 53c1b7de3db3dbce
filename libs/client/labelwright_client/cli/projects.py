"""`labelwright project`: create, list and show projects."""

from typing import Annotated

import typer
from pydantic import ValidationError

from labelwright_client import ingest
from labelwright_client.cli.output import (
    HomeOption,
    InvalidInput,
    JsonOption,
    connect,
    show_facts,
    show_json,
    show_table,
)
from schemas.ingest import ProjectRequest

app = typer.Typer(no_args_is_help=True, help="Create, list and show projects.")

ProjectArgument = Annotated[str, typer.Argument(help="Name of the project.", show_default=False)]


@app.command()
def create(
    name: ProjectArgument,
    title: Annotated[str | None, typer.Option(help="Title for people; default: the name.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a project. Creating it again changes nothing."""
    checked(name)
    with connect(home) as client:
        created = client.send(ingest.create_project(name, title))
    if as_json:
        show_json(created)
    else:
        typer.echo(f"The project {created.name} exists. Next step: publish a spec.")


@app.command("list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the projects that you may see."""
    with connect(home) as client:
        pages = client.pages(ingest.list_projects)
        found = [project for page in pages for project in page.projects]
    if as_json:
        show_json([project.model_dump(mode="json") for project in found])
    else:
        rows = [
            (project.name, project.title, f"{project.created_at:%Y-%m-%d %H:%M}")
            for project in found
        ]
        show_table(None, ("project", "title", "created"), rows)


@app.command()
def show(name: ProjectArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show a project with its number of items and tasks."""
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
    """Return `name` if it is a valid name of a project. Raises InvalidInput."""
    try:
        ProjectRequest(name=name, title="-")
    except ValidationError as error:
        raise InvalidInput(
            f"'{name}' is not a valid project name: use at most 63 of the characters a-z, 0-9, '.',"
            " '_' and '-', and begin with a letter or a digit."
        ) from error
    return name
