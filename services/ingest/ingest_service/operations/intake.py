"""Import items and gold: read a batch in chunks, compute the changes of each and store them."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import labels
from blobs import BlobStore
from chassis.db.database import Transaction
from ingest_service import metrics
from ingest_service.domain.intake import (
    Changes,
    Incoming,
    InvalidItem,
    check_payload,
    incoming_item,
    parse_request,
    prelabel_problems,
    rejection,
    upsert,
    with_import,
    without_prelabels,
)
from ingest_service.domain.model import Project, Spec, TaskContext
from ingest_service.domain.refusals import NoSpec
from ingest_service.operations import repairs
from ingest_service.operations.batches import Batch, Entry, idempotent
from ingest_service.operations.payloads import store_payloads
from ingest_service.operations.tasks import reconcile_tasks, reprioritize
from ingest_service.operations.withdrawn_events import publish_restored
from ingest_service.store import items as store
from ingest_service.store.specs import newest_spec
from schemas.ingest import GoldRequest, ImportVerdict, ItemProblem, ItemRequest, Rejection

Reader = Callable[[object, int], Incoming]
"""Reads an entry of a batch as an item with the given position. Raises InvalidItem."""
IndexedItem = tuple[int, Incoming]
"""An index in a batch, and the item there."""


@dataclass(frozen=True, slots=True)
class ImportContext:
    """The values that all items of a batch share."""

    project: Project
    spec: Spec | None
    read: Reader
    blobs: BlobStore
    now: datetime


async def import_items(
    transaction: Transaction, batch: Batch, blobs: BlobStore, now: datetime
) -> ImportVerdict:
    """Import items, and create their tasks."""

    async def process(project: Project) -> ImportVerdict:
        spec = await newest_spec(transaction, project.name)
        context = ImportContext(project, spec, _item_reader(project, spec), blobs, now)
        return await _import(transaction, batch, context)

    return await idempotent(transaction, batch, ImportVerdict, now, process)


async def register_gold(
    transaction: Transaction, batch: Batch, blobs: BlobStore, now: datetime
) -> ImportVerdict:
    """Import items with their right labels, and create their honeypots. Raise NoSpec."""

    async def process(project: Project) -> ImportVerdict:
        spec = await newest_spec(transaction, project.name)
        if spec is None:
            raise NoSpec(f"Publish a specification for '{project.name}' first.")
        reader = _gold_reader(project, spec)
        return await _import(transaction, batch, ImportContext(project, spec, reader, blobs, now))

    return await idempotent(transaction, batch, ImportVerdict, now, process)


async def update_known(
    transaction: Transaction, project: Project, blobs: BlobStore, incoming: Incoming, now: datetime
) -> list[str]:
    """Store changed properties of a known item; return those that only its next task gets.

    The caller holds the lock of the project.
    """
    spec = await newest_spec(transaction, project.name)
    context = ImportContext(project, spec, _item_reader(project, spec), blobs, now)
    changes = await _store(transaction, context, [incoming])
    return [name for _, name in changes.pending]


def _item_reader(project: Project, spec: Spec | None) -> Reader:
    schema = spec.schema() if spec is not None else None

    def read_item(value: object, position: int) -> Incoming:
        request = parse_request(ItemRequest, value)
        check_payload(request.payload, schema)
        return incoming_item(project.name, request, position)

    return read_item


def _gold_reader(project: Project, spec: Spec) -> Reader:
    schema = spec.schema()
    rules = {rule.id for rule in spec.document.guidelines}

    def read_gold(value: object, position: int) -> Incoming:
        request = parse_request(GoldRequest, value)
        for index, rule in enumerate(request.rules):
            if rule not in rules:
                message = f"There is no rule {rule} in version {spec.version} of the specification."
                raise InvalidItem(f"/rules/{index}", "unknown", message)
        check_payload(request.payload, schema)
        for refusal in schema.check(request.label, request.payload):
            raise InvalidItem("/label" + refusal.pointer, refusal.keyword, refusal.message)
        return incoming_item(project.name, request, position)

    return read_gold


async def _import(transaction: Transaction, batch: Batch, context: ImportContext) -> ImportVerdict:
    verdicts: Counter[str] = Counter()
    rejected: list[Rejection] = []
    warnings: list[Rejection] = []
    digests: dict[str, str] = {}
    schema = context.spec.schema() if context.spec is not None else None
    for chunk in batch.chunks():
        positions = await store.next_positions(transaction, len(chunk))
        items, invalid = _read(chunk, positions, context.read)
        rejected += invalid
        if schema is not None:
            items, refused = _without_invalid_prelabels(items, schema)
            warnings += refused
        incoming = [entry for _, entry in items]
        if batch.import_id is not None:
            incoming = [with_import(entry, batch.import_id) for entry in incoming]
        changes = await _store(transaction, context, incoming)
        verdicts.update(changes.verdicts)
        warnings += [_pending(*items[position], name) for position, name in changes.pending]
        warnings += _repeated(items, digests)
    transaction.after_commit(lambda: _count(verdicts, len(rejected)))
    return ImportVerdict(
        created=verdicts["created"],
        unchanged=verdicts["unchanged"],
        changed=verdicts["changed"],
        updated=verdicts["updated"],
        restored=verdicts["restored"],
        rejected=rejected,
        warnings=sorted(warnings, key=lambda warning: warning.index),
    )


def _pending(index: int, incoming: Incoming, name: str) -> Rejection:
    message = f"The new {name} is stored; the current task of the item keeps the old one."
    problem = ItemProblem(pointer=f"/{name}", keyword="pending", message=message)
    return rejection(index, incoming.item.external_id, problem)


def _repeated(items: Iterable[IndexedItem], digests: dict[str, str]) -> list[Rejection]:
    """Return a warning for each item whose id came before in the batch with another payload.

    `digests`: the payloads of the ids so far, to which those of `items` are added.
    """
    message = (
        "The same external id came before in this batch with another payload; the payload here is"
        " kept as the newer revision."
    )
    problem = ItemProblem(pointer="/external_id", keyword="repeated_id", message=message)
    found: list[Rejection] = []
    for index, incoming in items:
        id_, digest = incoming.item.external_id, incoming.item.payload_sha256
        if id_ is None:
            continue
        if digests.get(id_, digest) != digest:
            found.append(rejection(index, id_, problem))
        digests[id_] = digest
    return found


def _without_invalid_prelabels(
    items: Iterable[IndexedItem], schema: labels.LabelSchema
) -> tuple[list[IndexedItem], list[Rejection]]:
    """Return the items without their invalid prelabels, and the problems of these."""
    valid: list[IndexedItem] = []
    refused: list[Rejection] = []
    for index, incoming in items:
        problems = prelabel_problems(incoming, schema)
        id_ = incoming.item.external_id
        refused += [rejection(index, id_, problem) for problem in problems.values()]
        valid.append((index, without_prelabels(incoming, problems) if problems else incoming))
    return valid, refused


def _read(
    chunk: Iterable[Entry], positions: Iterable[int], reader: Reader
) -> tuple[list[IndexedItem], list[Rejection]]:
    items: list[IndexedItem] = []
    invalid: list[Rejection] = []
    for (index, value), position in zip(chunk, positions, strict=True):
        if isinstance(value, ItemProblem):
            invalid.append(rejection(index, None, value))
            continue
        try:
            items.append((index, reader(value, position)))
        except InvalidItem as error:
            external_id = value.get("external_id") if isinstance(value, dict) else None
            invalid.append(rejection(index, external_id, error.problem))
    return items, invalid


async def _store(
    transaction: Transaction, context: ImportContext, batch: Sequence[Incoming]
) -> Changes:
    """Store the changes of one chunk; return them."""
    name = context.project.name
    known = await store.items(transaction, name, {incoming.item.item_id for incoming in batch})
    changes = upsert(batch, known)
    if not changes.items:
        return changes
    await store_payloads(transaction, context.blobs, name, batch)
    items = list(changes.items.values())
    await store.save_items(transaction, items)
    await publish_restored(transaction, name, sorted(changes.restored), context.now)
    changed_gold = frozenset(changes.changed_gold)
    if changed_gold:
        await store.save_gold(transaction, [item for item in items if item.item_id in changed_gold])
    raised = {
        task.task_id: (changes.items[item_id].priority, signals)
        for item_id, signals in changes.raised.items()
        for task in changes.items[item_id].open_tasks()
    }
    await reprioritize(transaction, name, raised, context.now)
    await repairs.update_repairs(transaction, known, items, context.now)
    if context.spec is not None:
        task_context = TaskContext(context.project, context.spec, context.now)
        await reconcile_tasks(transaction, task_context, items, changed_gold=changed_gold)
    return changes


def _count(verdicts: Counter[str], rejected: int) -> None:
    for verdict, count in verdicts.items():
        metrics.ITEMS.labels(verdict).inc(count)
    metrics.ITEMS.labels("rejected").inc(rejected)
