"""Items that were withdrawn from their projects, or restored."""

from uuid import UUID

from chassis.db.database import Transaction
from schemas.events import ItemsRestored, ItemsWithdrawn

_SET = """
INSERT INTO item_withdrawals (item_id, project, number, is_withdrawn)
SELECT item_id, $2, $3, $4 FROM unnest($1::uuid[]) AS i (item_id) ORDER BY item_id
ON CONFLICT (item_id) DO UPDATE
    SET number = excluded.number, is_withdrawn = excluded.is_withdrawn
    WHERE item_withdrawals.number < excluded.number
RETURNING item_id
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
