"""Items that were withdrawn from their projects, or restored, and their reviews."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Transaction
from queue_service.store.intake import refresh
from schemas.events import ItemsRestored, ItemsWithdrawn

_SET = """
INSERT INTO item_withdrawals (item_id, project, number, is_withdrawn)
SELECT item_id, $2, $3, $4 FROM unnest($1::uuid[]) AS i (item_id) ORDER BY item_id
ON CONFLICT (item_id) DO UPDATE
    SET number = excluded.number, is_withdrawn = excluded.is_withdrawn
    WHERE item_withdrawals.number < excluded.number
RETURNING item_id
"""
_IS_WITHDRAWN = "SELECT is_withdrawn FROM item_withdrawals WHERE item_id = $1"
_CLOSE_REVIEWS = """
UPDATE work SET state = 'withdrawn', escalates_at = NULL
WHERE item_id = ANY($1) AND stage = 'review' AND state = 'open' RETURNING work_id
"""
_REMOVE_READY = "DELETE FROM ready WHERE work_id = ANY($1)"
_REOPEN_REVIEWS = """
UPDATE work SET state = 'open'
WHERE item_id = ANY($1) AND stage = 'review' AND state = 'withdrawn' RETURNING work_id
"""


async def set_withdrawn(
    transaction: Transaction, event: ItemsWithdrawn | ItemsRestored
) -> list[UUID]:
    """Store that items are withdrawn, or count again, unless a later event said otherwise.

    Return the items that now are as the event says.
    """
    connection = await transaction.connection()
    is_withdrawn = isinstance(event, ItemsWithdrawn)
    ids = list(event.item_ids)
    rows = await connection.fetch(_SET, ids, event.project, event.number, is_withdrawn)
    return [row["item_id"] for row in rows]


async def is_withdrawn(transaction: Transaction, item_id: UUID) -> bool:
    """Return True if an item is withdrawn now."""
    connection = await transaction.connection()
    return bool(await connection.fetchval(_IS_WITHDRAWN, item_id))


async def close_reviews(transaction: Transaction, item_ids: Sequence[UUID]) -> None:
    """Withdraw the open reviews of items. The caller holds the locks of their work."""
    connection = await transaction.connection()
    rows = await connection.fetch(_CLOSE_REVIEWS, item_ids)
    await connection.execute(_REMOVE_READY, [row["work_id"] for row in rows])


async def reopen_reviews(transaction: Transaction, item_ids: Sequence[UUID]) -> None:
    """Open the withdrawn reviews of items again. The caller holds the locks of their work."""
    connection = await transaction.connection()
    rows = await connection.fetch(_REOPEN_REVIEWS, item_ids)
    await refresh(transaction, [row["work_id"] for row in rows])
