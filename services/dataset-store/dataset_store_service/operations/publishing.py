"""Publishing a dataset version: from the ledger to files under a hash that fixes their content."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis import outbox
from chassis.auth import UnknownProject
from chassis.clock import utc_now
from chassis.database import Session, after_commit
from chassis.job_runner import Handler
from chassis.jobs import Outcome, Progress
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
class Content:
    """What a version holds, as it is gathered."""

    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    """Items by state."""
    spec_versions: set[int] = field(default_factory=set)

    @property
    def left_out(self) -> dict[str, int]:
        """How many items have no label in the version, by state."""
        return {state: self.counts[state] for state in LEFT_OUT}


def publish_job(home: Path) -> Handler:
    """Publishes what a job asks for; the files of versions lie under `home`."""

    async def run(session: Session, asked: dict[str, Any], progress: Progress) -> Outcome:
        request = PublishRequest.model_validate(asked["request"])
        progress.unit = "items"
        published, is_new = await publish(
            session, asked["dataset"], request, home, utc_now(), progress
        )
        return Outcome(published.model_dump(mode="json"), 201 if is_new else 200)

    return run


async def publish(
    session: Session,
    dataset: str,
    request: PublishRequest,
    home: Path,
    now: datetime,
    progress: Progress,
) -> tuple[Published, bool]:
    """The dataset version of a project at a cut, and whether the dataset has it only now."""
    started = time.perf_counter()
    cut = await _cut(session, request)
    if await versions.locked_dataset(session, dataset, request.project) != request.project:
        raise OtherProject(f"'{dataset}' is not a dataset of '{request.project}'.")
    content = Content(await asyncio.to_thread(files.new_folder, home))
    try:
        await _gather(session, request.project, cut, content, progress)
        version, is_first = await _settled(session, request.project, content, home)
    finally:
        shutil.rmtree(content.folder, ignore_errors=True)
    new = Publication(
        dataset, 0, version.hash, content.counts["decided"], cut, content.left_out, now
    )
    publication, is_new = await _announce(session, request.project, new)
    if request.tag is not None:
        await _tag(session, request.project, publication, request.tag, now)
    after_commit(session, lambda: _count(started, is_first=is_first))
    return _published(publication), is_new


async def _cut(session: Session, request: PublishRequest) -> int:
    if not await versions.is_known(session, request.project):
        raise UnknownProject(request.project)
    last = await states.last_decision_no(session, request.project)
    cut = last if request.decision_no is None else request.decision_no
    if cut > last:
        raise BeyondLedger(f"The last decision in the ledger is {last}.")
    return cut


async def _gather(
    session: Session, project: str, cut: int, content: Content, progress: Progress
) -> None:
    """Write the records to a file, in the order of item ids, in portions."""
    path = content.folder / files.RECORDS
    path.touch()
    async for portion in states.labeled(session, project, cut):
        content.counts.update(item.state for item in portion)
        progress.done += len(portion)
        decided = [item.decision for item in portion if item.decision is not None]
        content.spec_versions |= {decision["spec_version"] for decision in decided}
        named = [id_ for decision in decided for id_ in decision["annotation_ids"]]
        annotations, adjudications = await states.evidence(session, named)
        evidence = records.Evidence(annotations, adjudications)
        await asyncio.to_thread(_write, path, decided, evidence)
    if not content.counts["decided"]:
        raise NothingDecided(f"Items of '{project}': {dict(content.counts) or 'none'}.")


def _write(path: Path, decided: Sequence[records.Row], evidence: records.Evidence) -> None:
    files.append(path, [records.line(records.record(row, evidence)) for row in decided])


async def _settled(
    session: Session, project: str, content: Content, home: Path
) -> tuple[Version, bool]:
    """The version with its files in place, and whether it was not there before."""
    path = content.folder / files.RECORDS
    root = await asyncio.to_thread(files.root, path)
    known = await versions.specs(session, project)
    used = {number: known[number] for number in sorted(content.spec_versions)}
    core = records.core(project, used, content.counts["decided"], root)
    name = records.version_hash(core)
    await versions.lock_hash(session, name)
    version = await versions.version(session, name)
    if version is not None:
        return version, False
    fields = {number: own for number, (_, own) in used.items()}
    table = content.folder / files.LABELS
    await asyncio.to_thread(files.write_table, path, table, fields)
    renderings = [await asyncio.to_thread(files.rendering, one) for one in (path, table)]
    # Before the row that names them: files that nobody names do no harm.
    await asyncio.to_thread(files.settle, content.folder, home / name)
    version = Version(name, project, core, renderings)
    await versions.add_version(session, version)
    return version, True


async def _announce(session: Session, project: str, new: Publication) -> tuple[Publication, bool]:
    known = await versions.publication(session, new.dataset, new.hash)
    if known is not None:
        return known, False
    publication = await versions.add_publication(session, new)
    event = DatasetVersionPublished(
        occurred_at=new.published_at,
        project=project,
        dataset=publication.dataset,
        number=publication.number,
        hash=publication.hash,
        records=publication.records,
        decision_no=publication.decision_no,
    )
    await outbox.add(session, event)
    return publication, True


async def _tag(
    session: Session, project: str, publication: Publication, tag: str, now: datetime
) -> None:
    dataset, name = publication.dataset, publication.hash
    if await versions.move_tag(session, dataset, tag, name):
        moved = TagMoved(occurred_at=now, project=project, dataset=dataset, tag=tag, hash=name)
        await outbox.add(session, moved)


def _published(publication: Publication) -> Published:
    return Published(
        hash=publication.hash,
        dataset=publication.dataset,
        number=publication.number,
        records=publication.records,
        decision_no=publication.decision_no,
        left_out=LeftOut.model_validate(publication.left_out),
    )


def _count(started: float, *, is_first: bool) -> None:
    metrics.PUBLISH_SECONDS.observe(time.perf_counter() - started)
    metrics.PUBLISHED.inc(is_first)
