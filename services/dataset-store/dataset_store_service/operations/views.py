"""Read the ledger, datasets and their versions; record the uses of versions."""

import asyncio
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import orjson

from chassis.db.database import Transaction
from chassis.events import outbox
from chassis.http.auth import Caller, UnknownProject
from dataset_store_service.domain.diff import Page, compare
from dataset_store_service.domain.refusals import (
    UnknownDataset,
    UnknownFile,
    UnknownItem,
    UnknownVersion,
)
from dataset_store_service.operations import files
from dataset_store_service.store import lineage as lineage_store
from dataset_store_service.store import states, versions
from dataset_store_service.store.versions import Version
from schemas.dataset_store import (
    DatasetHead,
    Datasets,
    Diff,
    DiffQuery,
    LabelsSummary,
    Lineage,
    LineageVersion,
    Manifest,
    Use,
    UseRequest,
    VersionHead,
    Versions,
)
from schemas.events import VersionUsed

PAGE = 200
"""The number of datasets or versions on a page."""
LINEAGE_VERSIONS = 100
"""The number of newest versions that are searched for an item."""


class File(NamedTuple):
    """A file of a dataset version, with its media type and hash."""

    path: Path
    media_type: str
    sha256: str


async def summary(transaction: Transaction, project: str) -> LabelsSummary:
    """Count the items of a project by state, and the decided ones by the kind of decision."""
    if not await versions.is_project_known(transaction, project):
        raise UnknownProject(project)
    last = await states.last_decision_no(transaction, project)
    counts: Counter[str] = Counter()
    decided: dict[str, int] = {}
    for state, how, items in await states.summary(transaction, project, last):
        counts[state] += items
        if state == "decided" and how is not None:
            decided[how] = items
    return LabelsSummary.model_validate(
        {
            "project": project,
            "items": counts.total(),
            "decided": decided,
            "contested": counts["contested"],
            "pending": counts["pending"],
            "review_pending": counts["review_pending"],
            "unreleased": counts["unreleased"],
            "withdrawn": counts["withdrawn"],
            "last_decision_no": last,
        }
    )


async def list_datasets(transaction: Transaction, caller: Caller, after: str) -> Datasets:
    """Return a page of the datasets that the caller may see, with names beyond `after`."""
    projects = None if "*" in caller.projects else sorted(caller.projects)
    found = await versions.datasets(transaction, projects, after, PAGE)
    heads = [DatasetHead(dataset=name, versions=n, newest=hash_) for name, n, hash_ in found]
    return Datasets(datasets=heads, next=heads[-1].dataset if len(heads) == PAGE else None)


async def list_versions(
    transaction: Transaction, caller: Caller, dataset: str, before: int
) -> Versions:
    """Return a page of the versions of a dataset, newest first."""
    project = await versions.project_of(transaction, dataset)
    if project is None or not caller.reaches(project):
        raise UnknownDataset(f"There is no dataset '{dataset}', or your token is not for it.")
    found = await versions.publications_of_dataset(transaction, dataset, before, PAGE)
    heads = [
        VersionHead(
            hash=publication.hash,
            number=publication.number,
            project=project,
            records=publication.records,
            decision_no=publication.decision_no,
            published_at=publication.published_at,
            tags=list(publication.tags),
        )
        for publication in found
    ]
    more = str(heads[-1].number) if len(heads) == PAGE else None
    return Versions(dataset=dataset, versions=heads, next=more)


async def readable_version(transaction: Transaction, caller: Caller, hash_: str) -> Version:
    """Return the version with this hash. Raise UnknownVersion if the caller may not see it."""
    version = await versions.version(transaction, hash_)
    if version is None or not caller.reaches(version.project):
        raise UnknownVersion(f"There is no version {hash_}, or your token is not for it.")
    return version


async def manifest(transaction: Transaction, caller: Caller, hash_: str) -> Manifest:
    """Return the manifest of a version: its content, its files, and the datasets that hold it."""
    version = await readable_version(transaction, caller, hash_)
    published = await versions.publications_of_version(transaction, hash_)
    return Manifest.model_validate(
        {
            **version.content,
            "hash": version.hash,
            "renderings": version.renderings,
            "published": [
                {
                    "dataset": publication.dataset,
                    "number": publication.number,
                    "decision_no": publication.decision_no,
                    "left_out": publication.left_out,
                    "published_at": publication.published_at,
                    "tags": list(publication.tags),
                }
                for publication in published
            ],
        }
    )


async def file(transaction: Transaction, caller: Caller, home: Path, hash_: str, name: str) -> File:
    """Return a file of a dataset version. Raise UnknownFile if it has no such file."""
    version = await readable_version(transaction, caller, hash_)
    path = home / hash_ / name
    for rendering in version.renderings:
        if rendering["name"] == name and path.exists():
            return File(path, rendering["media_type"], rendering["sha256"])
    raise UnknownFile(f"Version {hash_} has no file '{name}'.")


async def check_payload(transaction: Transaction, caller: Caller, hash_: str, sha256: str) -> None:
    """Raise UnknownFile unless the project of a version has an item with this large payload."""
    version = await readable_version(transaction, caller, hash_)
    if not await versions.has_blob(transaction, version.project, sha256):
        raise UnknownFile(f"No item of '{version.project}' has a large payload {sha256}.")


async def diff(
    transaction: Transaction, caller: Caller, home: Path, pair: tuple[str, str], query: DiffQuery
) -> Diff:
    """Return a page of the differences of two versions, given as (before, after)."""
    a, b = [await file(transaction, caller, home, hash_, files.RECORDS) for hash_ in pair]
    after = "" if query.after is None else str(query.after)
    page = await asyncio.to_thread(_compare, a.path, b.path, after, query.limit)
    return Diff.model_validate(
        {
            "a": pair[0],
            "b": pair[1],
            "counts": page.counts,
            "added": page.added,
            "removed": page.removed,
            "changed": page.changed,
            "next": page.next,
        }
    )


def _compare(a: Path, b: Path, after: str, limit: int) -> Page:
    return compare(files.read_lines(a), files.read_lines(b), after, limit)


async def use(
    transaction: Transaction, caller: Caller, hash_: str, request: UseRequest, now: datetime
) -> tuple[Use, bool]:
    """Record that a training used a version; return the use, and if it is new."""
    version = await readable_version(transaction, caller, hash_)
    since, is_new = await versions.add_use(transaction, hash_, request.model, request.run, now)
    if is_new:
        events = [
            VersionUsed(
                occurred_at=now,
                project=version.project,
                dataset=publication.dataset,
                hash=hash_,
                model=request.model,
                run=request.run,
            )
            for publication in await versions.publications_of_version(transaction, hash_)
        ]
        await outbox.add(transaction, *events)
    return Use(hash=hash_, used_at=since, model=request.model, run=request.run), is_new


async def lineage(transaction: Transaction, caller: Caller, home: Path, item_id: UUID) -> Lineage:
    """Return the history of an item: its tasks with all facts, and the versions that hold it."""
    project = await lineage_store.project_of_item(transaction, item_id)
    if project is None or not caller.reaches(project):
        raise UnknownItem(f"There is no item {item_id} in the ledger, or your token is not for it.")
    last = await states.last_decision_no(transaction, project)
    tasks = await lineage_store.tasks_of_item(transaction, item_id)
    names = [task.pop("external_id") for task in tasks]
    published = await versions.publications_of_project(transaction, project, LINEAGE_VERSIONS)
    return Lineage.model_validate(
        {
            "item_id": item_id,
            "project": project,
            "external_id": next((name for name in names if name is not None), None),
            "state": await states.state(transaction, project, last, item_id),
            "tasks": tasks,
            "versions": await asyncio.to_thread(_versions_with_item, home, published, item_id),
        },
        strict=False,
    )


def _versions_with_item(
    home: Path, published: list[tuple[str, str, int]], item_id: UUID
) -> list[LineageVersion]:
    """Return the versions that hold a label of an item; each file is searched once."""
    lines: dict[str, bytes | None] = {}
    versions: list[LineageVersion] = []
    for hash_, dataset, number in published:
        path = home / hash_ / files.RECORDS
        if hash_ not in lines:
            lines[hash_] = files.find_record(path, item_id) if path.exists() else None
        line = lines[hash_]
        if line is not None:
            no = orjson.loads(line)["decision_no"]
            versions.append(
                LineageVersion(hash=hash_, dataset=dataset, number=number, decision_no=no)
            )
    return versions
