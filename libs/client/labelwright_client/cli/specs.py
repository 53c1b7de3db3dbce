"""`labelwright spec`: publish and show spec versions."""

from pathlib import Path
from typing import Annotated, get_args
from uuid import UUID

import typer

from labelwright_client import ingest
from labelwright_client.cli.output import (
    HomeOption,
    InvalidInput,
    JsonOption,
    connect,
    read_model,
    show_json,
    show_table,
)
from labelwright_client.cli.projects import ProjectArgument
from schemas.ingest import SpecRequest
from schemas.vocabulary import Relabel

app = typer.Typer(no_args_is_help=True, help="Publish and show spec versions.")


@app.command()
def publish(
    project: ProjectArgument,
    file: Annotated[Path, typer.Argument(help="Spec document (JSON file).", show_default=False)],
    resolves: Annotated[
        list[UUID] | None,
        typer.Option(help="Spec issue that it resolves; repeat for several."),
    ] = None,
    relabel: Annotated[
        str | None,
        typer.Option(help="Decided labels to annotate again: none, evidence, touched or all."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a spec document as the newest version."""
    spec = _read(file, resolves or [], relabel)
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


def _read(file: Path, resolves: list[UUID], relabel: str | None) -> SpecRequest:
    try:
        body = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error
    spec: SpecRequest = read_model(SpecRequest, body, str(file))
    changes: dict[str, object] = {"resolves": resolves} if resolves else {}
    if relabel is not None:
        if relabel not in get_args(Relabel):
            raise InvalidInput(
                f"--relabel is '{relabel}': use one of {', '.join(get_args(Relabel))}."
            )
        changes["relabel"] = relabel
    return spec.model_copy(update=changes)
