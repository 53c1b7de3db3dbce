"""`labelwright publish`, `pull` and `verify`: dataset versions."""

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from labelwright_client import datasets, payloads
from labelwright_client import versions as local
from labelwright_client.cli.output import (
    HomeOption,
    InvalidInput,
    JsonOption,
    connect,
    progress_bar,
    show_facts,
    show_json,
)
from labelwright_client.cli.projects import ProjectArgument
from labelwright_client.transport import Client
from schemas.dataset_store import Manifest

ReferenceArgument = Annotated[
    str,
    typer.Argument(
        help="Hash of a version, or DATASET (its newest version), DATASET:TAG or DATASET:NUMBER.",
        show_default=False,
    ),
]


def publish(
    project: ProjectArgument,
    dataset: Annotated[
        str | None, typer.Option(help="Dataset; default: the project's name.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Tag that names this version.")] = None,
    decision_no: Annotated[
        int | None,
        typer.Option("--at", help="Last decision number to include; default: all."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish the decided labels of a project as a dataset version, identified by its hash."""
    call = datasets.publish(dataset or project, project, decision_no=decision_no, tag=tag)
    with connect(home) as client:
        published = client.send(call)
    if as_json:
        show_json(published)
        return
    left = published.left_out.model_dump()
    show_facts(
        {
            "hash": published.hash,
            "dataset": f"{published.dataset}:{published.number}",
            "records": published.records,
            **{f"left out, {state.replace('_', ' ')}": count for state, count in left.items()},
        }
    )


def pull(
    reference: ReferenceArgument,
    to: Annotated[Path | None, typer.Option(help="New folder to copy the version to.")] = None,
    with_payloads: Annotated[
        bool,
        typer.Option(
            "--payloads/--no-payloads",
            help="Download the payloads that are too large for their records.",
        ),
    ] = True,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Download a dataset version into the cache, and verify every hash."""
    if to is not None and to.exists():
        raise InvalidInput(f"{to} exists already: name a new folder.")
    with connect(home) as client:
        version = resolve(client, reference)
        pulled = pull_with_progress(
            client,
            version,
            local.cache_folder(os.environ),
            quiet=as_json,
            with_payloads=with_payloads,
        )
    folder = local.copy_to(pulled, to) if to is not None else pulled.folder
    found = {
        "hash": version,
        "folder": str(folder),
        "files": [rendering.name for rendering in pulled.manifest.renderings],
        "records": pulled.manifest.records.count,
        "large_payloads": _payloads_of(folder),
        "verified": True,
        "was_cached": pulled.was_cached,
    }
    if as_json:
        show_json(found)
    else:
        show_facts(found)


def _payloads_of(folder: Path) -> int:
    """Return the number of large payloads in a pulled folder."""
    large = folder / payloads.FOLDER
    return len(list(large.iterdir())) if large.is_dir() else 0


def verify(
    reference: Annotated[
        str,
        typer.Argument(help="Pulled folder, or a version as for `pull`.", show_default=False),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute every hash of a pulled folder, or of a version downloaded from the server.

    The exit code is 5 if one differs.
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
            f"{manifest.hash} is verified: {manifest.records.count:,} records, every hash matches."
        )


def _verify_served(reference: str, home: Path | None, *, quiet: bool) -> Manifest:
    """Download the version from the server, without the cache, and verify it."""
    with connect(home) as client, tempfile.TemporaryDirectory(prefix="labelwright-") as folder:
        version = resolve(client, reference)
        return pull_with_progress(client, version, Path(folder), quiet=quiet).manifest


def pull_with_progress(
    client: Client, version: str, cache: Path, *, quiet: bool, with_payloads: bool = True
) -> local.Pulled:
    """Pull a version, with a progress bar."""
    with progress_bar("Pulling", None, quiet=quiet) as progress:
        return local.pull(
            client,
            version,
            cache,
            lambda size: progress.advance(progress.task_ids[0], size),
            with_payloads=with_payloads,
        )


def resolve(client: Client, reference: str) -> str:
    """Return the hash of the version that `reference` names. Raises InvalidInput."""
    if local.HASH.fullmatch(reference):
        return reference
    dataset, _, name = reference.partition(":")
    for page in client.pages(partial(datasets.list_versions, dataset)):
        for version in page.versions:
            if not name or name in version.tags or name == str(version.number):
                return version.hash
    raise InvalidInput(
        f"The dataset {dataset} has no version{f' {name}' if name else ': publish one'}."
    )
