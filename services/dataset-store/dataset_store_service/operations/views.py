"""Looking at the ledger, at datasets and at their versions."""

import asyncio
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import orjson

from chassis import outbox
from chassis.auth import Caller, UnknownProject
from chassis.database import Session
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
LINEAGE_VERSIONS = 100
"""How many of the newest versions are searched for an item."""


class File(NamedTuple):
    """A file of a dataset version, and what is known of it."""

    path: Path
    media_type: str
    sha256: str


async def summary(session: Session, project: str) -> LabelsSummary:
    """How far the labels of a project are."""
    if not await versions.is_known(session, project):
        raise UnknownProject(project)
    last = await states.last_decision_no(session, project)
    counts: Counter[str] = Counter()
    decided: dict[str, int] = {}
    for state, how, items in await states.summary(session, project, last):
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
            "last_decision_no": last,
        }
    )


async def list_datasets(session: Session, caller: Caller, after: str) -> Datasets:
    """The datasets that the caller reaches, beyond the name `after`."""
    among = None if "*" in caller.projects else sorted(caller.projects)
    found = await versions.datasets(session, among, after, PAGE)
    heads = [DatasetHead(dataset=name, versions=n, newest=hash_) for name, n, hash_ in found]
    return Datasets(datasets=heads, next=heads[-1].dataset if len(heads) == PAGE else None)


async def list_versions(session: Session, caller: Caller, dataset: str, before: int) -> Versions:
    """The versions of a dataset, newest first."""
    project = await versions.project_of(session, dataset)
    if project is None or not caller.reaches(project):
        raise UnknownDataset(f"There is no dataset '{dataset}', or your token is not for it.")
    found = await versions.publications_of_dataset(session, dataset, before, PAGE)
    heads = [
        VersionHead(
            hash=one.hash,
            number=one.number,
            project=project,
            records=one.records,
            decision_no=one.decision_no,
            published_at=one.published_at,
            tags=list(one.tags),
        )
        for one in found
    ]
    more = str(heads[-1].number) if len(heads) == PAGE else None
    return Versions(dataset=dataset, versions=heads, next=more)


async def reached(session: Session, caller: Caller, hash_: str) -> Version:
    """The version of a hash. Raises UnknownVersion, also for projects out of the caller's reach."""
    version = await versions.version(session, hash_)
    if version is None or not caller.reaches(version.project):
        raise UnknownVersion(f"There is no version {hash_}, or your token is not for it.")
    return version


async def manifest(session: Session, caller: Caller, hash_: str) -> Manifest:
    """What a dataset version is, where its bytes are, and which datasets have it."""
    version = await reached(session, caller, hash_)
    published = await versions.publications_of_version(session, hash_)
    return Manifest.model_validate(
        {
            **version.core,
            "hash": version.hash,
            "renderings": version.renderings,
            "published": [
                {
                    "dataset": one.dataset,
                    "number": one.number,
                    "decision_no": one.decision_no,
                    "left_out": one.left_out,
                    "published_at": one.published_at,
                    "tags": list(one.tags),
                }
                for one in published
            ],
        }
    )


async def file(session: Session, caller: Caller, home: Path, hash_: str, name: str) -> File:
    """A file of a dataset version."""
    version = await reached(session, caller, hash_)
    for one in version.renderings:
        path = home / hash_ / name
        if one["name"] == name and path.exists():
            return File(path, one["media_type"], one["sha256"])
    raise UnknownFile(f"Version {hash_} has no file '{name}' here.")


async def check_payload(session: Session, caller: Caller, hash_: str, sha256: str) -> None:
    """Raise UnknownFile unless the project of a version has an item with this large payload."""
    version = await reached(session, caller, hash_)
    if not await versions.has_blob(session, version.project, sha256):
        raise UnknownFile(f"No item of '{version.project}' has a large payload {sha256}.")


async def diff(
    session: Session, caller: Caller, home: Path, pair: tuple[str, str], query: DiffQuery
) -> Diff:
    """How version `b` differs from version `a`."""
    a, b = [await file(session, caller, home, hash_, files.RECORDS) for hash_ in pair]
    after = "" if query.after is None else str(query.after)
    page = await asyncio.to_thread(_compared, a.path, b.path, after, query.limit)
    return Diff.model_validate(
        {
            "a": pair[0],
            "b": pair[1],
            "counts": page.numbers,
            "added": page.added,
            "removed": page.removed,
            "changed": page.changed,
            "next": page.next,
        }
    )


def _compared(a: Path, b: Path, after: str, limit: int) -> Page:
    return compare(files.read_lines(a), files.read_lines(b), after, limit)


async def use(
    session: Session, caller: Caller, hash_: str, request: UseRequest, now: datetime
) -> tuple[Use, bool]:
    """Note that a training used a version; whether that is new."""
    version = await reached(session, caller, hash_)
    since, is_new = await versions.add_use(session, hash_, request.model, request.run, now)
    if is_new:
        events = [
            VersionUsed(
                occurred_at=now,
                project=version.project,
                dataset=one.dataset,
                hash=hash_,
                model=request.model,
                run=request.run,
            )
            for one in await versions.publications_of_version(session, hash_)
        ]
        await outbox.add(session, *events)
    return Use(hash=hash_, used_at=since, model=request.model, run=request.run), is_new


async def lineage(session: Session, caller: Caller, home: Path, item_id: UUID) -> Lineage:
    """Where the labels of an item come from, and where they went."""
    project = await lineage_store.project_of_item(session, item_id)
    if project is None or not caller.reaches(project):
        raise UnknownItem(f"There is no item {item_id} in the ledger, or your token is not for it.")
    last = await states.last_decision_no(session, project)
    tasks = await lineage_store.tasks_of_item(session, item_id)
    names = [task.pop("external_id") for task in tasks]
    published = await versions.publications_of_project(session, project, LINEAGE_VERSIONS)
    return Lineage.model_validate(
        {
            "item_id": item_id,
            "project": project,
            "external_id": next((name for name in names if name is not None), None),
            "state": await states.state(session, project, last, item_id),
            "tasks": tasks,
            "versions": await asyncio.to_thread(_holding, home, published, item_id),
        },
        strict=False,
    )


def _holding(
    home: Path, published: list[tuple[str, str, int]], item_id: UUID
) -> list[LineageVersion]:
    """The versions that hold a label of an item; searched once for each hash."""
    found: dict[str, bytes | None] = {}
    held: list[LineageVersion] = []
    for hash_, dataset, number in published:
        path = home / hash_ / files.RECORDS
        if hash_ not in found:
            found[hash_] = files.find(path, item_id) if path.exists() else None
        line = found[hash_]
        if line is not None:
            no = orjson.loads(line)["decision_no"]
            held.append(LineageVersion(hash=hash_, dataset=dataset, number=number, decision_no=no))
    return held
