"""Repairs: items that annotators skip as bad data, until their owners fix or confirm the data.

A repair is about one payload of an item. It is open until the item gets another payload, or until
an owner confirms that the data is right; then later skips do not open it again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from chassis.db.database import Transaction
from chassis.events import deferred
from ingest_service import metrics
from ingest_service.domain.model import Item
from ingest_service.domain.refusals import BadCursor, UnknownRepair
from ingest_service.operations.projects import get_project
from ingest_service.store import projects as project_store
from ingest_service.store import repairs as store
from schemas import time_cursor
from schemas.events import TaskSkipped
from schemas.ingest import Repair, Repairs, RepairState

PAGE = 100
"""The number of repairs on a page."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The confirmation that the data of an item is right: by whom, when, with which note."""

    by: str
    at: datetime
    note: str | None


async def add_skips(transaction: Transaction, events: Sequence[TaskSkipped]) -> None:
    """Store skips with the reason `bad_data`; ignore others."""
    bad = [event for event in events if event.reason == "bad_data"]
    if bad:
        await project_store.projects_for_update(
            transaction, sorted({event.project for event in bad})
        )
    await _add_reports(transaction, bad)


async def _add_reports(transaction: Transaction, events: Sequence[TaskSkipped]) -> None:
    for event in events:
        find_revisions = partial(store.revisions, transaction, event)
        revisions = await deferred.find_or_defer(
            transaction, event, _item_key(event.item_id), find_revisions
        )
        if revisions is not None:
            skipped, newest = revisions
            await store.add_report(transaction, event, skipped, is_open=skipped == newest)


def _item_key(item_id: UUID) -> str:
    return f"item:{item_id}"


async def replay_deferred(transaction: Transaction, item_ids: Collection[UUID]) -> None:
    """Handle the skips of these items that were deferred until the items are known."""
    keys = [_item_key(item_id) for item_id in item_ids]
    await deferred.replay(transaction, keys, {TaskSkipped: _add_reports})


async def update_repairs(
    transaction: Transaction, known: Mapping[UUID, Item], items: Sequence[Item], now: datetime
) -> None:
    """Close the repairs of items with a changed payload; handle deferred skips of new items."""
    changed = {
        item.item_id: item.revision
        for item in items
        if item.item_id in known and known[item.item_id].revision < item.revision
    }
    if changed:
        await store.close_changed(transaction, changed, now)
    await replay_deferred(
        transaction, [item.item_id for item in items if item.item_id not in known]
    )


async def list_repairs(
    transaction: Transaction, name: str, state: RepairState, after: str | None
) -> Repairs:
    """Return a page of the repairs of a project in one state, oldest first."""
    await get_project(transaction, name)
    found = await store.repairs(transaction, name, state, _cursor(after), PAGE)
    last = found[-1] if len(found) == PAGE else None
    return Repairs(
        repairs=found, next=time_cursor.encode(last.first_at, last.item_id) if last else None
    )


def _cursor(after: str | None) -> tuple[datetime, UUID]:
    if after is None:
        return time_cursor.START
    try:
        return time_cursor.decode(after)
    except ValueError as error:
        message = f"'{after}' is not a cursor of this list: use `next` of the page before."
        raise BadCursor(message) from error


async def close_repair(
    transaction: Transaction, name: str, item_id: UUID, closing: Closing
) -> Repair:
    """Close the repair of an item unless it is closed; return it. Raise UnknownRepair."""
    await get_project(transaction, name)
    await store.close_repair(transaction, name, item_id, (closing.at, closing.by, closing.note))
    repair = await store.newest_repair(transaction, name, item_id)
    if repair is None:
        raise UnknownRepair(f"No annotator has skipped item {item_id} as bad data.")
    return repair


async def update_gauge(transaction: Transaction) -> None:
    """Set the gauge of open repairs."""
    metrics.REPAIRS.set(await store.count_open(transaction))
