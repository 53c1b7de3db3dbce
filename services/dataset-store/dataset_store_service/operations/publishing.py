"""Publish a dataset version: write the ledger's decided labels to files under a content hash."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.clock import utc_now
from chassis.db.database import Transaction
from chassis.events import outbox
from chassis.http.auth import UnknownProject
from chassis.jobs.jobs import Outcome, Progress
from chassis.jobs.runner import Handler
from dataset_store_service import metrics
from dataset_store_service.domain import records
from dataset_store_service.domain.refusals import (
    BeyondLedger,
    NothingDecided,
    OtherProject,
)
from dataset_store_service.operations import files
from dataset_store_service.store import states, versions
from dataset_store_service.store.versions import Publication, Version
from schemas.dataset_store import LeftOut, Published, PublishRequest
from schemas.events import DatasetVersionPublished, TagMoved

LEFT_OUT = tuple(LeftOut.model_fields)


@dataclass(slots=True)
class Draft:
    """A version while its records are written to `folder`."""

    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    """The number of items by state."""
    spec_versions: set[int] = field(default_factory=set)

    @property
    def left_out(self) -> dict[str, int]:
        """The number of items that are not in the version, by state."""
        return {state: self.counts[state] for state in LEFT_OUT}


def publish_job(home: Path) -> Handler:
    """Return the handler of publishing jobs; it writes the files of versions under `home`."""

    async def run(
        transaction: Transaction, arguments: dict[str, Any], progress: Progress
    ) -> Outcome:
        request = PublishRequest.model_validate(arguments["request"])
        progress.unit = "items"
        published, is_new = await publish(
            transaction, arguments["dataset"], request, home, utc_now(), progress
        )
        return Outcome(published.model_dump(mode="json"), 201 if is_new else 200)

    return run


async def publish(
    transaction: Transaction,
    dataset: str,
    request: PublishRequest,
    home: Path,
    now: datetime,
    progress: Progress,
) -> tuple[Published, bool]:
    """Publish a project's labels in a dataset; return the version, and if it is new there."""
    started = time.perf_counter()
    as_of = await _decision_no(transaction, request)
    if await versions.lock_dataset(transaction, dataset, request.project) != request.project:
        raise OtherProject(f"'{dataset}' is not a dataset of '{request.project}'.")
    draft = Draft(await asyncio.to_thread(files.new_folder, home))
    try:
        await _write_records(transaction, request.project, as_of, draft, progress)
        version, is_first = await _finalize(transaction, request.project, draft, home)
    finally:
        shutil.rmtree(draft.folder, ignore_errors=True)
    new = Publication(dataset, 0, version.hash, draft.counts["decided"], as_of, draft.left_out, now)
    publication, is_new = await _add_publication(transaction, request.project, new)
    if request.tag is not None:
        await _tag(transaction, request.project, publication, request.tag, now)
    transaction.after_commit(lambda: _observe(started, is_first=is_first))
    return _published(publication), is_new


async def _decision_no(transaction: Transaction, request: PublishRequest) -> int:
    if not await versions.is_project_known(transaction, request.project):
        raise UnknownProject(request.project)
    last = await states.last_decision_no(transaction, request.project)
    as_of = last if request.decision_no is None else request.decision_no
    if as_of > last:
        raise BeyondLedger(f"Decision {as_of} is not in the ledger yet; the last one is {last}.")
    return as_of


async def _write_records(
    transaction: Transaction, project: str, as_of: int, draft: Draft, progress: Progress
) -> None:
    """Write the records to a file in chunks, ordered by item id."""
    path = draft.folder / files.RECORDS
    path.touch()
    async for chunk in states.items(transaction, project, as_of):
        draft.counts.update(item.state for item in chunk)
        progress.done += len(chunk)
        decided = [item.decision for item in chunk if item.decision is not None]
        draft.spec_versions |= {decision["spec_version"] for decision in decided}
        ids = [id_ for decision in decided for id_ in decision["annotation_ids"]]
        annotations, adjudications = await states.evidence(transaction, ids)
        evidence = records.Evidence(annotations, adjudications)
        await asyncio.to_thread(_write, path, decided, evidence)
    if not draft.counts["decided"]:
        raise NothingDecided(f"Items of '{project}' by state: {dict(draft.counts) or 'none'}.")


def _write(path: Path, decided: Sequence[records.Row], evidence: records.Evidence) -> None:
    files.append(path, [records.to_line(records.build_record(row, evidence)) for row in decided])


async def _finalize(
    transaction: Transaction, project: str, draft: Draft, home: Path
) -> tuple[Version, bool]:
    """Commit the files of a version unless it exists; return it, and if it is new."""
    path = draft.folder / files.RECORDS
    root = await asyncio.to_thread(files.records_root, path)
    known = await versions.specs(transaction, project)
    used = {number: known[number] for number in sorted(draft.spec_versions)}
    content = records.version_content(project, used, draft.counts["decided"], root)
    hash_ = records.version_hash(content)
    await versions.lock_version(transaction, hash_)
    version = await versions.version(transaction, hash_)
    if version is not None:
        return version, False
    fields = {number: definitions for number, (_, definitions) in used.items()}
    table = draft.folder / files.LABELS
    await asyncio.to_thread(files.write_parquet, path, table, fields)
    renderings = [await asyncio.to_thread(files.describe_file, file) for file in (path, table)]
    # Before the row that names them: files without a row do no harm, a row without files would.
    await asyncio.to_thread(files.commit_folder, draft.folder, home / hash_)
    version = Version(hash_, project, content, renderings)
    await versions.add_version(transaction, version)
    return version, True


async def _add_publication(
    transaction: Transaction, project: str, new: Publication
) -> tuple[Publication, bool]:
    existing = await versions.publication(transaction, new.dataset, new.hash)
    if existing is not None:
        return existing, False
    publication = await versions.add_publication(transaction, new)
    event = DatasetVersionPublished(
        occurred_at=new.published_at,
        project=project,
        dataset=publication.dataset,
        number=publication.number,
        hash=publication.hash,
        records=publication.records,
        decision_no=publication.decision_no,
    )
    await outbox.add(transaction, event)
    return publication, True


async def _tag(
    transaction: Transaction, project: str, publication: Publication, tag: str, now: datetime
) -> None:
    dataset, hash_ = publication.dataset, publication.hash
    if await versions.move_tag(transaction, dataset, tag, hash_):
        moved = TagMoved(occurred_at=now, project=project, dataset=dataset, tag=tag, hash=hash_)
        await outbox.add(transaction, moved)


def _published(publication: Publication) -> Published:
    return Published(
        hash=publication.hash,
        dataset=publication.dataset,
        number=publication.number,
        records=publication.records,
        decision_no=publication.decision_no,
        left_out=LeftOut.model_validate(publication.left_out),
    )


def _observe(started: float, *, is_first: bool) -> None:
    metrics.PUBLISH_SECONDS.observe(time.perf_counter() - started)
    metrics.PUBLISHED.inc(is_first)
