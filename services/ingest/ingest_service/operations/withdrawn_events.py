"""Publish that items were withdrawn or restored, in events of bounded size."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db.database import Transaction
from chassis.events import outbox
from ingest_service.store.items import next_positions
from schemas.events import IDS_MAX, ItemsRestored, ItemsWithdrawn


async def publish_withdrawn(
    transaction: Transaction,
    project: str,
    item_ids: Sequence[UUID],
    reason: tuple[str, UUID | None],
    now: datetime,
) -> None:
    """Publish a withdrawal. `reason`: the words, and the import that was undone if any."""
    words, import_id = reason
    number = await _number(transaction)
    events = [
        ItemsWithdrawn(
            occurred_at=now,
            project=project,
            item_ids=part,
            reason=words,
            number=number,
            import_id=import_id,
        )
        for part in _parts(item_ids)
    ]
    await outbox.add(transaction, *events)


async def publish_restored(
    transaction: Transaction, project: str, item_ids: Sequence[UUID], now: datetime
) -> None:
    """Publish that items count again."""
    if not item_ids:
        return
    number = await _number(transaction)
    events = [
        ItemsRestored(occurred_at=now, project=project, item_ids=part, number=number)
        for part in _parts(item_ids)
    ]
    await outbox.add(transaction, *events)


async def _number(transaction: Transaction) -> int:
    """Return a number that is larger than those of earlier events about the project's items.

    The caller holds the lock of the project.
    """
    [number] = await next_positions(transaction, 1)
    return number


def _parts(item_ids: Sequence[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(item_ids), IDS_MAX):
        yield list(item_ids[start : start + IDS_MAX])
