"""`labelwright publish`, `pull` and `verify`: dataset versions."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from labelwright_client import datasets, payloads
from labelwright_client import versions as local
from labelwright_client.cli.output import (
    HomeOption,
    JsonOption,
    WrongInput,
    bar,
    connect,
    show_facts,
    show_json,
)
from labelwright_client.cli.projects import ProjectArgument
from labelwright_client.transport import Client
from schemas.dataset_store import Manifest

ReferenceArgument = Annotated[
    str,
    typer.Argument(
        help="A hash, or a dataset's name, with :tag or :number (else its newest version).",
        show_default=False,
    ),
]


def publish(
    project: ProjectArgument,
    dataset: Annotated[str | None, typer.Option(help="Else the project's name.")] = None,
    tag: Annotated[str | None, typer.Option(help="A name that points at this version.")] = None,
    decision_no: Annotated[
        int | None, typer.Option("--at", help="As of this decision; else of all that there are.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish the decided labels of a project as a dataset version, locked by its hash."""
    call = datasets.publish(dataset or project, project, decision_no=decision_no, tag=tag)
    with connect(home) as client:
        made = client.send(call)
    if as_json:
        show_json(made)
        return
    left = made.left_out.model_dump()
    show_facts(
        {
            "hash": made.hash,
            "dataset": f"{made.dataset}:{made.number}",
            "records": made.records,
            **{f"left out, {state.replace('_', ' ')}": count for state, count in left.items()},
        }
    )


def pull(
    reference: ReferenceArgument,
    to: Annotated[Path | None, typer.Option(help="Copy it into this new folder.")] = None,
    with_payloads: Annotated[
        bool,
        typer.Option(
            "--payloads/--no-payloads",
            help="Get the payloads too that are too large to stand in their records.",
        ),
    ] = True,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Download a dataset version, verify every hash, and keep it in the cache."""
    if to is not None and to.exists():
        raise WrongInput(f"{to} exists already.")
    with connect(home) as client:
        version = resolve(client, reference)
        pulled = pull_with_bar(
            client,
            version,
            local.cache_of(os.environ),
            quiet=as_json,
            with_payloads=with_payloads,
        )
    folder = local.copy_to(pulled, to) if to is not None else pulled.folder
    found = {
        "hash": version,
        "folder": str(folder),
        "files": [one.name for one in pulled.manifest.renderings],
        "records": pulled.manifest.records.count,
        "large_payloads": _payloads_of(folder),
        "verified": True,
        "was_cached": pulled.was_there,
    }
    if as_json:
        show_json(found)
    else:
        show_facts(found)


def _payloads_of(folder: Path) -> int:
    """How many large payloads lie in a pulled folder."""
    large = folder / payloads.FOLDER
    return len(list(large.iterdir())) if large.is_dir() else 0


def verify(
    reference: Annotated[
        str,
        typer.Argument(help="A pulled folder, a hash, or a dataset's name.", show_default=False),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute every hash of a pulled folder, or of a version as the server gives it out.

    Exits with 5 if one differs.
    """
    if Path(reference).is_dir():
        manifest = local.verify_folder(Path(reference))
    else:
        manifest = _verify_served(reference, home, quiet=as_json)
    found = {
        "hash": manifest.hash,
        "records": manifest.records.count,
        "root": manifest.records.root,
        "verified": True,
    }
    if as_json:
        show_json(found)
    else:
        typer.echo(
            f"{manifest.hash} holds: {manifest.records.count:,} records, every hash is right."
        )


def _verify_served(reference: str, home: Path | None, *, quiet: bool) -> Manifest:
    """What the server gives out now, whatever is in the cache."""
    with connect(home) as client, tempfile.TemporaryDirectory(prefix="labelwright-") as folder:
        version = resolve(client, reference)
        return pull_with_bar(client, version, Path(folder), quiet=quiet).manifest


def pull_with_bar(
    client: Client, version: str, cache: Path, *, quiet: bool, with_payloads: bool = True
) -> local.Pulled:
    """Pull, and show how far that is."""
    with bar("Pulling", None, quiet=quiet) as progress:
        return local.pull(
            client,
            version,
            cache,
            lambda size: progress.advance(progress.task_ids[0], size),
            with_payloads=with_payloads,
        )


def resolve(client: Client, reference: str) -> str:
    """The hash that `reference` stands for. Raises WrongInput."""
    if local.HASH.fullmatch(reference):
        return reference
    dataset, _, which = reference.partition(":")
    page: str | None = None
    while True:
        found = client.send(datasets.list_versions(dataset, page))
        for one in found.versions:
            if not which or which in one.tags or which == str(one.number):
                return one.hash
        page = found.next
        if page is None:
            break
    raise WrongInput(f"The dataset {dataset} has no version {which or 'yet'}.")
