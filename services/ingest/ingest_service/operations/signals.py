"""What production noticed: it raises items, opens them again, or brings them in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import labels
from blobs import BlobStore
from chassis.database import Session, after_commit
from ingest_service import metrics
from ingest_service.domain.intake import Incoming, Unfit, check_payload, incoming, read
from ingest_service.domain.model import Basis, Item, Moves, Project
from ingest_service.domain.signals import Heard, by_task, hear
from ingest_service.operations import repairs
from ingest_service.operations.batches import Batch, Entry, once
from ingest_service.operations.payloads import keep_payloads
from ingest_service.operations.tasks import carry_out, reprioritize
from ingest_service.store import items as store
from ingest_service.store.specs import newest_spec
from schemas.ingest import ItemProblem, ItemRequest, Rejection, SignalRequest, SignalVerdict
from schemas.vocabulary import Signal, item_id


class Told(NamedTuple):
    """One signal, and which item it is about."""

    place: int
    request: SignalRequest
    item_id: UUID
    brought: Incoming | None
    """The item that it brings along."""


async def hear_signals(
    session: Session, batch: Batch, blobs: BlobStore, now: datetime
) -> SignalVerdict:
    """Take signals into account; the verdict counts what they did."""

    async def judge(project: Project) -> SignalVerdict:
        effects: Counter[str] = Counter()
        rejected: list[Rejection] = []
        spec = await newest_spec(session, project.name)
        schema = spec.schema() if spec is not None else None
        for chunk in batch.chunks():
            told, unfit = _read(project, chunk)
            heard, unknown = await _hear(session, project, schema, told)
            await _store(session, project, heard, now)
            await repairs.take_up(session, [one.item_id for one in told if one.brought is not None])
            brought = [one.brought for one in told if one.item_id in heard.items]
            await keep_payloads(session, blobs, project.name, filter(None, brought))
            effects.update(heard.effects)
            rejected += [*unfit, *unknown]
        after_commit(session, lambda: _count(effects))
        return SignalVerdict(
            raised=effects["raised"],
            reopened=effects["reopened"],
            created=effects["created"],
            rejected=sorted(rejected, key=lambda one: one.index),
        )

    return await once(session, batch, SignalVerdict, now, judge)


def _read(project: Project, chunk: Sequence[Entry]) -> tuple[list[Told], list[Rejection]]:
    told: list[Told] = []
    unfit: list[Rejection] = []
    for index, value in chunk:
        if isinstance(value, ItemProblem):
            unfit.append(Rejection(index=index, problem=value))
            continue
        try:
            told.append(_told(project, index, value))
        except Unfit as refusal:
            unfit.append(Rejection(index=index, problem=refusal.problem))
    return told, unfit


def _told(project: Project, index: int, value: object) -> Told:
    request = read(SignalRequest, value)
    brought = None
    if request.payload is not None:
        item = ItemRequest(external_id=request.external_id, payload=request.payload)
        brought = incoming(project.name, item)
    if request.item_id is not None:
        return Told(index, request, request.item_id, brought)
    if request.external_id is not None:
        return Told(index, request, item_id(project.name, request.external_id, ""), brought)
    if brought is None:
        raise Unfit("/external_id", "missing", "Name the item by external_id or item_id.")
    return Told(index, request, brought.item.item_id, brought)


async def _hear(
    session: Session, project: Project, schema: labels.LabelSchema | None, told: Sequence[Told]
) -> tuple[Heard, list[Rejection]]:
    known = await store.items(session, project.name, {one.item_id for one in told})
    heard = Heard()
    rejected: list[Rejection] = []
    for one in told:
        item = known.get(one.item_id) or heard.items.get(one.item_id)
        try:
            item = item or _brought(one, schema)
        except Unfit as refusal:
            rejected.append(Rejection(index=one.place, problem=refusal.problem))
            continue
        signal = Signal.model_validate(
            one.request.model_dump(include={"kind", "score", "reason", "model"})
        )
        said = signal.model_dump(mode="json")
        hear(heard, item, said, project.newest_version)
    return heard, rejected


def _brought(one: Told, schema: labels.LabelSchema | None) -> Item:
    """The item that a signal brings in. Raises Unfit if it brings none, or one without use."""
    if one.brought is None or one.brought.item.item_id != one.item_id:
        pointer = "/external_id" if one.request.item_id is None else "/item_id"
        raise Unfit(pointer, "unknown", "There is no such item; send its payload to bring it in.")
    check_payload(one.request.payload or {}, schema)
    return replace(one.brought.item, is_work=False)


async def _store(session: Session, project: Project, heard: Heard, now: datetime) -> None:
    await store.save_items(session, heard.items.values())
    await reprioritize(session, project.name, by_task(heard), now)
    spec = await newest_spec(session, project.name)
    if spec is not None:
        moves = [Moves(making=making) for making in heard.makings.values()]
        await carry_out(session, Basis(project, spec, now), moves)


def _count(effects: Counter[str]) -> None:
    for effect, count in effects.items():
        metrics.SIGNALS.labels(effect).inc(count)
