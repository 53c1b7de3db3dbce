"""The inbox: each event has its effect once.

The row that says so commits with the effect or not at all. Two replicas that get the same event
at once are safe: the second insert waits for the first transaction, and then finds the row (or,
after a rollback, takes the event over). Rows outlive the retention of their topic.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from chassis.db.database import Transaction, metadata
from schemas.envelope import Topic

MARGIN = timedelta(days=7)
"""How much longer than its topic a row is kept; a consumer that lags may still meet the event."""

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("forget_at", sa.DateTime(timezone=True), nullable=True, index=True),
)

_RECORD = """
INSERT INTO inbox (event_id, forget_at)
SELECT id, now() + keep FROM unnest($1::uuid[], $2::interval[]) AS event (id, keep) ORDER BY id
ON CONFLICT DO NOTHING RETURNING event_id
"""


async def first_deliveries(
    transaction: Transaction, arrived: Sequence[tuple[UUID, Topic]]
) -> set[UUID]:
    """Record these events in the caller's transaction; return the ids that were not there yet."""
    connection = await transaction.connection()
    keep = {
        event: topic.retention + MARGIN if topic.retention else None for event, topic in arrived
    }
    rows = await connection.fetch(_RECORD, list(keep), list(keep.values()))
    return {row["event_id"] for row in rows}


async def purge(transaction: Transaction) -> None:
    """Drop the rows of events that no topic holds any more."""
    connection = await transaction.connection()
    await connection.execute("DELETE FROM inbox WHERE forget_at < now()")
