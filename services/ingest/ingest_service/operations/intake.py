"""Taking items and gold in: a batch is read, told what it changes, and stored, set by set."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import labels
from blobs import BlobStore
from chassis.database import Session, after_commit
from ingest_service import metrics
from ingest_service.domain.intake import (
    Changes,
    Incoming,
    Unfit,
    check_payload,
    incoming,
    prelabel_problems,
    read,
    take_in,
    with_positions,
    without_prelabels,
)
from ingest_service.domain.model import Basis, Item, Project, Spec
from ingest_service.domain.refusals import NoSpec
from ingest_service.operations import repairs
from ingest_service.operations.batches import Batch, Entry, once
from ingest_service.operations.payloads import keep_payloads
from ingest_service.operations.tasks import bring_up_to_date, reprioritize
from ingest_service.store import items as store
from ingest_service.store.specs import newest_spec
from schemas.ingest import GoldRequest, ImportVerdict, ItemProblem, ItemRequest, Rejection

Reader = Callable[[object], Incoming]
Placed = tuple[int, Incoming]
"""A place in a batch, and the item that came there."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What stays the same through a batch."""

    project: Project
    spec: Spec | None
    read: Reader
    blobs: BlobStore
    now: datetime


async def import_items(
    session: Session, batch: Batch, blobs: BlobStore, now: datetime
) -> ImportVerdict:
    """Take items in, and make their tasks."""

    async def judge(project: Project) -> ImportVerdict:
        spec = await newest_spec(session, project.name)
        intake = Intake(project, spec, _item_reader(project, spec), blobs, now)
        return await _take(session, batch, intake)

    return await once(session, batch, ImportVerdict, now, judge)


async def register_gold(
    session: Session, batch: Batch, blobs: BlobStore, now: datetime
) -> ImportVerdict:
    """Take items with their right labels in, and make their honeypots. Raises NoSpec."""

    async def judge(project: Project) -> ImportVerdict:
        spec = await newest_spec(session, project.name)
        if spec is None:
            raise NoSpec(f"Publish a specification for '{project.name}' first.")
        reader = _gold_reader(project, spec)
        return await _take(session, batch, Intake(project, spec, reader, blobs, now))

    return await once(session, batch, ImportVerdict, now, judge)


def _item_reader(project: Project, spec: Spec | None) -> Reader:
    schema = spec.schema() if spec is not None else None

    def item(value: object) -> Incoming:
        request = read(ItemRequest, value)
        check_payload(request.payload, schema)
        return incoming(project.name, request)

    return item


def _gold_reader(project: Project, spec: Spec) -> Reader:
    schema = spec.schema()
    rules = {rule.id for rule in spec.document.guidelines}

    def gold(value: object) -> Incoming:
        request = read(GoldRequest, value)
        for index, rule in enumerate(request.rules):
            if rule not in rules:
                message = f"There is no rule {rule} in version {spec.version} of the specification."
                raise Unfit(f"/rules/{index}", "unknown", message)
        check_payload(request.payload, schema)
        for refusal in schema.check(request.label, request.payload):
            raise Unfit("/label" + refusal.pointer, refusal.keyword, refusal.message)
        return incoming(project.name, request)

    return gold


async def _take(session: Session, batch: Batch, intake: Intake) -> ImportVerdict:
    verdicts: Counter[str] = Counter()
    rejected: list[Rejection] = []
    warnings: list[Rejection] = []
    schema = intake.spec.schema() if intake.spec is not None else None
    for chunk in batch.chunks():
        fit, unfit = _read(chunk, intake.read)
        rejected += unfit
        if schema is not None:
            fit, refused = _without_bad_prelabels(fit, schema)
            warnings += refused
        changes = await _store(session, intake, [one for _, one in fit])
        verdicts.update(changes.verdicts)
        warnings += [_pending(fit[place][0], name) for place, name in changes.pending]
    after_commit(session, lambda: _count(verdicts, len(rejected)))
    return ImportVerdict(
        created=verdicts["created"],
        unchanged=verdicts["unchanged"],
        changed=verdicts["changed"],
        updated=verdicts["updated"],
        rejected=rejected,
        warnings=sorted(warnings, key=lambda one: one.index),
    )


def _pending(index: int, name: str) -> Rejection:
    message = f"The item has another {name} now; its present task keeps the one it was made with."
    problem = ItemProblem(pointer=f"/{name}", keyword="pending", message=message)
    return Rejection(index=index, problem=problem)


def _without_bad_prelabels(
    fit: Iterable[Placed], schema: labels.LabelSchema
) -> tuple[list[Placed], list[Rejection]]:
    """The items without the suggestions that the specification forbids, and why it does."""
    kept: list[Placed] = []
    refused: list[Rejection] = []
    for index, one in fit:
        problems = prelabel_problems(one, schema)
        refused += [Rejection(index=index, problem=problem) for problem in problems.values()]
        kept.append((index, without_prelabels(one, problems) if problems else one))
    return kept, refused


def _read(chunk: Iterable[Entry], reader: Reader) -> tuple[list[Placed], list[Rejection]]:
    fit: list[Placed] = []
    unfit: list[Rejection] = []
    for index, value in chunk:
        if isinstance(value, ItemProblem):
            unfit.append(Rejection(index=index, problem=value))
            continue
        try:
            fit.append((index, reader(value)))
        except Unfit as refusal:
            unfit.append(Rejection(index=index, problem=refusal.problem))
    return fit, unfit


async def _store(session: Session, intake: Intake, batch: Sequence[Incoming]) -> Changes:
    """Store what one portion changes."""
    name = intake.project.name
    known = await store.items(session, name, {one.item.item_id for one in batch})
    changes = take_in(batch, known)
    if not changes.items:
        return changes
    await keep_payloads(session, intake.blobs, name, batch)
    items = await _placed(session, list(changes.items.values()))
    await store.save_items(session, items)
    regold = frozenset(changes.regold)
    if regold:
        await store.save_gold(session, [item for item in items if item.item_id in regold])
    raised = {
        task.task_id: (changes.items[item_id].priority, signals)
        for item_id, signals in changes.raised.items()
        for task in changes.items[item_id].open_tasks()
    }
    await reprioritize(session, name, raised, intake.now)
    await repairs.follow_items(session, known, items, intake.now)
    if intake.spec is not None:
        basis = Basis(intake.project, intake.spec, intake.now)
        await bring_up_to_date(session, basis, items, regold=regold)
    return changes


async def _placed(session: Session, items: Sequence[Item]) -> list[Item]:
    """The items, each with its position: the new ones come after all that were there before."""
    count = sum(not item.position for item in items)
    return with_positions(items, await store.next_positions(session, count))


def _count(verdicts: Counter[str], rejected: int) -> None:
    for verdict, count in verdicts.items():
        metrics.ITEMS.labels(verdict).inc(count)
    metrics.ITEMS.labels("rejected").inc(rejected)
