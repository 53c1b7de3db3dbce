"""Items in need of repair: opened by annotators who skip them as bad data, closed by their owners.

What is said is about one payload. It is open until the item has another one, or until somebody
says that this one is right; that holds, whatever is said of it later.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from chassis.database import Session
from chassis.parking import find_or_park, take_all_parked
from ingest_service import metrics
from ingest_service.domain.model import Item
from ingest_service.domain.refusals import BadCursor, UnknownRepair
from ingest_service.operations.projects import known_project
from ingest_service.store import projects as project_store
from ingest_service.store import repairs as store
from schemas.events import EVENTS, TaskSkipped
from schemas.ingest import Repair, Repairs, RepairState

PAGE = 100
_START = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


class Closing(NamedTuple):
    """Who says that the data is right, when, and why."""

    by: str
    at: datetime
    note: str | None


async def record_skips(session: Session, events: Sequence[TaskSkipped]) -> None:
    """Keep who calls the data of an item bad; other reasons are for others."""
    bad = [event for event in events if event.reason == "bad_data"]
    if bad:
        await project_store.projects_for_update(session, sorted({one.project for one in bad}))
    for event in bad:
        await _record(session, event)


async def _record(session: Session, event: TaskSkipped) -> None:
    found = await find_or_park(
        session, event, _awaits(event.item_id), lambda: store.revisions(session, event)
    )
    if found is not None:
        told, newest = found
        await store.add_report(session, event, told, is_open=told == newest)


def _awaits(item_id: UUID) -> str:
    return f"item:{item_id}"


async def take_up(session: Session, item_ids: Collection[UUID]) -> None:
    """Take up what was said of these items before they were known."""
    awaits = [_awaits(item_id) for item_id in item_ids]
    for event in await take_all_parked(session, awaits, EVENTS) if awaits else ():
        if isinstance(event, TaskSkipped):
            await _record(session, event)


async def follow_items(
    session: Session, known: Mapping[UUID, Item], items: Sequence[Item], now: datetime
) -> None:
    """Close the repairs of items whose payload is another now; take up what waited for new ones."""
    changed = {
        item.item_id: item.revision
        for item in items
        if item.item_id in known and known[item.item_id].revision < item.revision
    }
    if changed:
        await store.close_changed(session, changed, now)
    await take_up(session, [item.item_id for item in items if item.item_id not in known])


async def list_repairs(
    session: Session, name: str, state: RepairState, after: str | None
) -> Repairs:
    """The repairs of a project in one state; `next` is where the following page begins."""
    await known_project(session, name)
    found = await store.repairs(session, name, state, _cursor(after), PAGE)
    last = found[-1] if len(found) == PAGE else None
    following = f"{last.first_at.isoformat()}~{last.item_id}" if last else None
    return Repairs(repairs=found, next=following)


def _cursor(after: str | None) -> tuple[datetime, UUID]:
    if after is None:
        return _START
    moment, _, item_id = after.partition("~")
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(item_id)
    except (ValueError, OverflowError) as error:
        raise BadCursor(f"'{after}' is not a cursor of this list.") from error


async def close_repair(session: Session, name: str, item_id: UUID, closing: Closing) -> Repair:
    """The data is right; of what is closed already, nothing changes. Raises UnknownRepair."""
    await known_project(session, name)
    await store.close(session, name, item_id, (closing.at, closing.by, closing.note))
    repair = await store.newest(session, name, item_id)
    if repair is None:
        raise UnknownRepair(f"The item {item_id} was never skipped as bad data.")
    return repair


async def measure(session: Session) -> None:
    """Bring the gauge up to date."""
    metrics.REPAIRS.set(await store.open_count(session))
