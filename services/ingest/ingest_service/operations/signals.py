"""Accept signals from production: they raise items, reopen them, or create them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import labels
from blobs import BlobStore
from chassis.db.database import Transaction
from ingest_service import metrics
from ingest_service.domain.intake import (
    Incoming,
    InvalidItem,
    check_payload,
    incoming_item,
    parse_request,
    rejection,
)
from ingest_service.domain.model import Item, Project, TaskChanges, TaskContext
from ingest_service.domain.signals import SignalEffects, apply_signal, raised_tasks
from ingest_service.operations import repairs
from ingest_service.operations.batches import Batch, Entry, idempotent
from ingest_service.operations.payloads import store_payloads
from ingest_service.operations.tasks import apply_changes, reprioritize
from ingest_service.store import items as store
from ingest_service.store.specs import newest_spec
from schemas.ingest import ItemProblem, ItemRequest, Rejection, SignalRequest, SignalVerdict
from schemas.vocabulary import Signal, item_id


@dataclass(frozen=True, slots=True)
class SignalInput:
    """A signal of a batch, with the item that it is about."""

    index: int
    """Its index in the batch."""
    request: SignalRequest
    item_id: UUID
    incoming: Incoming | None
    """The item to create if it is not known; None if the signal has no payload."""


async def submit_signals(
    transaction: Transaction, batch: Batch, blobs: BlobStore, now: datetime
) -> SignalVerdict:
    """Apply the signals of a batch; the verdict counts their outcomes."""

    async def process(project: Project) -> SignalVerdict:
        outcomes: Counter[str] = Counter()
        rejected: list[Rejection] = []
        spec = await newest_spec(transaction, project.name)
        schema = spec.schema() if spec is not None else None
        for chunk in batch.chunks():
            positions = await store.next_positions(transaction, len(chunk))
            inputs, invalid = _read(project, chunk, positions)
            effects, unknown = await _apply(transaction, project, schema, inputs)
            await _store(transaction, project, effects, now)
            new_ids = [input_.item_id for input_ in inputs if input_.incoming is not None]
            await repairs.replay_deferred(transaction, new_ids)
            incoming = [input_.incoming for input_ in inputs if input_.item_id in effects.items]
            await store_payloads(transaction, blobs, project.name, filter(None, incoming))
            outcomes.update(effects.outcomes)
            rejected += [*invalid, *unknown]
        transaction.after_commit(lambda: _count(outcomes))
        return SignalVerdict(
            raised=outcomes["raised"],
            reopened=outcomes["reopened"],
            created=outcomes["created"],
            rejected=sorted(rejected, key=lambda rejection: rejection.index),
        )

    return await idempotent(transaction, batch, SignalVerdict, now, process)


def _read(
    project: Project, chunk: Sequence[Entry], positions: Sequence[int]
) -> tuple[list[SignalInput], list[Rejection]]:
    inputs: list[SignalInput] = []
    invalid: list[Rejection] = []
    for (index, value), position in zip(chunk, positions, strict=True):
        if isinstance(value, ItemProblem):
            invalid.append(rejection(index, None, value))
            continue
        try:
            inputs.append(_signal_input(project, index, value, position))
        except InvalidItem as error:
            invalid.append(rejection(index, None, error.problem))
    return inputs, invalid


def _signal_input(project: Project, index: int, value: object, position: int) -> SignalInput:
    request = parse_request(SignalRequest, value)
    incoming = None
    if request.payload is not None:
        item = ItemRequest(external_id=request.external_id, payload=request.payload)
        incoming = incoming_item(project.name, item, position)
    if request.item_id is not None:
        return SignalInput(index, request, request.item_id, incoming)
    if request.external_id is not None:
        id_ = item_id(project.name, request.external_id, "")
        return SignalInput(index, request, id_, incoming)
    if incoming is None:
        raise InvalidItem("/external_id", "missing", "Name the item by external_id or item_id.")
    return SignalInput(index, request, incoming.item.item_id, incoming)


async def _apply(
    transaction: Transaction,
    project: Project,
    schema: labels.LabelSchema | None,
    inputs: Sequence[SignalInput],
) -> tuple[SignalEffects, list[Rejection]]:
    known = await store.items(transaction, project.name, {input_.item_id for input_ in inputs})
    effects = SignalEffects()
    rejected: list[Rejection] = []
    for input_ in inputs:
        item = known.get(input_.item_id) or effects.items.get(input_.item_id)
        try:
            item = item or _new_item(input_, schema)
            _check_not_withdrawn(item)
        except InvalidItem as error:
            rejected.append(rejection(input_.index, input_.request.external_id, error.problem))
            continue
        signal = Signal.model_validate(
            input_.request.model_dump(include={"kind", "score", "reason", "model"})
        )
        document = signal.model_dump(mode="json")
        apply_signal(effects, item, document, project.newest_version)
    return effects, rejected


def _check_not_withdrawn(item: Item) -> None:
    if item.is_withdrawn:
        raise InvalidItem("", "withdrawn", "The item is withdrawn: restore it first.")


def _new_item(input_: SignalInput, schema: labels.LabelSchema | None) -> Item:
    """Return the item that a signal carries. Raise InvalidItem if it has none that is valid."""
    if input_.incoming is None or input_.incoming.item.item_id != input_.item_id:
        pointer = "/external_id" if input_.request.item_id is None else "/item_id"
        message = "There is no such item; send its payload to create it."
        raise InvalidItem(pointer, "unknown", message)
    check_payload(input_.request.payload or {}, schema)
    return replace(input_.incoming.item, is_work=False)


async def _store(
    transaction: Transaction, project: Project, effects: SignalEffects, now: datetime
) -> None:
    await store.save_items(transaction, effects.items.values())
    await reprioritize(transaction, project.name, raised_tasks(effects), now)
    spec = await newest_spec(transaction, project.name)
    if spec is not None:
        changes = [TaskChanges(new_task=new_task) for new_task in effects.new_tasks.values()]
        await apply_changes(transaction, TaskContext(project, spec, now), changes)


def _count(outcomes: Counter[str]) -> None:
    for outcome, count in outcomes.items():
        metrics.SIGNALS.labels(outcome).inc(count)
