"""What production noticed: it raises items, opens them again, or brings them in."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from chassis.database import Session, after_commit
from ingest_service import metrics
from ingest_service.domain.intake import Incoming, Unfit, incoming, read
from ingest_service.domain.model import Basis, Moves, Project
from ingest_service.domain.signals import Heard, by_task, hear
from ingest_service.operations import repairs
from ingest_service.operations.batches import Batch, Entry, once
from ingest_service.operations.files import keep_blobs
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


async def hear_signals(session: Session, batch: Batch, blobs: Path, now: datetime) -> SignalVerdict:
    """Take signals into account; the verdict counts what they did."""

    async def judge(project: Project) -> SignalVerdict:
        effects: Counter[str] = Counter()
        rejected: list[Rejection] = []
        for chunk in batch.chunks():
            told, unfit = _read(project, chunk)
            heard, unknown = await _hear(session, project, told)
            await _store(session, project, heard, now)
            await repairs.take_up(session, [one.item_id for one in told if one.brought is not None])
            await _keep_payloads(session, project, blobs, told, heard)
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
    session: Session, project: Project, told: Sequence[Told]
) -> tuple[Heard, list[Rejection]]:
    known = await store.items(session, project.name, {one.item_id for one in told})
    heard = Heard()
    rejected: list[Rejection] = []
    for one in told:
        item = known.get(one.item_id) or heard.items.get(one.item_id)
        is_new = item is None
        if item is None and one.brought is not None and one.brought.item.item_id == one.item_id:
            item = replace(one.brought.item, is_work=False)
        if item is None:
            rejected.append(_unknown(one))
            continue
        signal = Signal.model_validate(
            one.request.model_dump(include={"kind", "score", "reason", "model"})
        )
        said = signal.model_dump(mode="json")
        hear(heard, item, said, project.newest_version, is_new=is_new)
    return heard, rejected


def _unknown(one: Told) -> Rejection:
    pointer = "/external_id" if one.request.item_id is None else "/item_id"
    message = "There is no such item; send its payload to bring it in."
    return Rejection(
        index=one.place, problem=ItemProblem(pointer=pointer, keyword="unknown", message=message)
    )


async def _store(session: Session, project: Project, heard: Heard, now: datetime) -> None:
    await store.save_items(session, heard.items.values())
    await reprioritize(session, project.name, by_task(heard), now)
    spec = await newest_spec(session, project.name)
    if spec is not None:
        moves = [Moves(making=making) for making in heard.makings.values()]
        await carry_out(session, Basis(project, spec, now), moves)


async def _keep_payloads(
    session: Session, project: Project, blobs: Path, told: Sequence[Told], heard: Heard
) -> None:
    large = {
        one.brought.item.payload_sha256: one.brought.blob
        for one in told
        if one.brought is not None and one.brought.blob is not None and one.item_id in heard.items
    }
    if large:
        await asyncio.to_thread(keep_blobs, blobs, large)
        await store.add_blobs(session, project.name, list(large))


def _count(effects: Counter[str]) -> None:
    for effect, count in effects.items():
        metrics.SIGNALS.labels(effect).inc(count)
