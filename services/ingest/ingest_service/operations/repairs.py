"""Repairs: items that annotators skip as bad data, until their owners fix or confirm the data.

A repair is about one payload of an item. It is open until the item gets another payload, or until
an owner confirms that the data is right; then later skips do not open it again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Session
from chassis.parking import find_or_park, take_all_parked
from ingest_service import metrics
from ingest_service.domain.model import Item
from ingest_service.domain.refusals import BadCursor, UnknownRepair
from ingest_service.operations.projects import get_project
from ingest_service.store import projects as project_store
from ingest_service.store import repairs as store
from schemas import time_cursor
from schemas.events import EVENTS, TaskSkipped
from schemas.ingest import Repair, Repairs, RepairState

PAGE = 100
"""The number of repairs on a page."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The confirmation that the data of an item is right: by whom, when, with which note."""

    by: str
    at: datetime
    note: str | None


async def add_skips(session: Session, events: Sequence[TaskSkipped]) -> None:
    """Store skips with the reason `bad_data`; ignore others."""
    bad = [event for event in events if event.reason == "bad_data"]
    if bad:
        await project_store.projects_for_update(session, sorted({event.project for event in bad}))
    for event in bad:
        await _add_skip(session, event)


async def _add_skip(session: Session, event: TaskSkipped) -> None:
    revisions = await find_or_park(
        session, event, _item_key(event.item_id), lambda: store.revisions(session, event)
    )
    if revisions is not None:
        skipped, newest = revisions
        await store.add_report(session, event, skipped, is_open=skipped == newest)


def _item_key(item_id: UUID) -> str:
    return f"item:{item_id}"


async def replay_deferred(session: Session, item_ids: Collection[UUID]) -> None:
    """Handle the skips of these items that were deferred until the items are known."""
    keys = [_item_key(item_id) for item_id in item_ids]
    for event in await take_all_parked(session, keys, EVENTS) if keys else ():
        if isinstance(event, TaskSkipped):
            await _add_skip(session, event)


async def update_repairs(
    session: Session, known: Mapping[UUID, Item], items: Sequence[Item], now: datetime
) -> None:
    """Close the repairs of items with a changed payload; handle deferred skips of new items."""
    changed = {
        item.item_id: item.revision
        for item in items
        if item.item_id in known and known[item.item_id].revision < item.revision
    }
    if changed:
        await store.close_changed(session, changed, now)
    await replay_deferred(session, [item.item_id for item in items if item.item_id not in known])


async def list_repairs(
    session: Session, name: str, state: RepairState, after: str | None
) -> Repairs:
    """Return a page of the repairs of a project in one state, oldest first."""
    await get_project(session, name)
    found = await store.repairs(session, name, state, _cursor(after), PAGE)
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


async def close_repair(session: Session, name: str, item_id: UUID, closing: Closing) -> Repair:
    """Close the repair of an item unless it is closed; return it. Raise UnknownRepair."""
    await get_project(session, name)
    await store.close_repair(session, name, item_id, (closing.at, closing.by, closing.note))
    repair = await store.newest_repair(session, name, item_id)
    if repair is None:
        raise UnknownRepair(f"No annotator has skipped item {item_id} as bad data.")
    return repair


async def update_gauge(session: Session) -> None:
    """Set the gauge of open repairs."""
    metrics.REPAIRS.set(await store.count_open(session))
