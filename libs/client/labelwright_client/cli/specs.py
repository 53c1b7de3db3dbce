"""`labelwright spec`: write, publish and show spec versions."""

from typing import Annotated
from uuid import UUID

import typer

from labelwright_client import ingest
from labelwright_client.cli import spec_authoring
from labelwright_client.cli.output import (
    HomeOption,
    InvalidInput,
    JsonOption,
    connect,
    show_json,
    show_table,
)
from labelwright_client.cli.projects import ProjectArgument
from labelwright_client.cli.spec_files import (
    FileArgument,
    RelabelOption,
    read_valid_spec,
    with_relabel,
)

app = typer.Typer(no_args_is_help=True, help="Write, check, publish and show spec versions.")
app.command("init")(spec_authoring.init)
app.command("schema")(spec_authoring.schema)
app.command("check")(spec_authoring.check)
app.command("diff")(spec_authoring.diff)
app.command("preview")(spec_authoring.preview)


@app.command()
def publish(
    project: ProjectArgument,
    file: FileArgument,
    resolves: Annotated[
        list[UUID] | None,
        typer.Option(help="Spec issue that it resolves; repeat for several."),
    ] = None,
    relabel: RelabelOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a spec document as the newest version."""
    spec = with_relabel(read_valid_spec(file), relabel)
    if resolves:
        spec = spec.model_copy(update={"resolves": resolves})
    with connect(home) as client:
        published = client.send(ingest.publish_spec(project, spec))
    if as_json:
        show_json(published)
    else:
        typer.echo(f"Spec version {published.version} of {project}, hash {published.hash}.")


@app.command()
def show(
    project: ProjectArgument,
    version: Annotated[
        int | None, typer.Argument(help="Version number; default: the newest.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a spec version as JSON that `publish` accepts."""
    with connect(home) as client:
        number = version
        if number is None:
            number = client.send(ingest.show_project(project)).spec_version
        if number is None:
            raise InvalidInput(f"The project {project} has no spec version: publish one.")
        found = client.send(ingest.show_spec(project, number))
    if as_json:
        show_json(found)
    else:
        typer.echo(found.document.model_dump_json(indent=2))


@app.command()
def versions(
    project: ProjectArgument, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """List the spec versions of a project, newest first."""
    with connect(home) as client:
        found = client.send(ingest.list_specs(project)).specs
    if as_json:
        show_json([spec.model_dump(mode="json") for spec in found])
        return
    rows = [
        (spec.version, spec.hash[:12], f"{spec.published_at:%Y-%m-%d %H:%M}", spec.relabel)
        for spec in found
    ]
    show_table(None, ("version", "hash", "published", "relabel"), rows)
