"""The inbox: the ids of handled events, so that each event has its effect once.

The row of an event commits together with its effect. If two replicas get the same event at the same
time, the insert of the second waits for the transaction of the first; then it finds the row, or,
after a rollback, handles the event. Rows are kept longer than the topic keeps the event.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from chassis.db.database import Transaction, metadata
from schemas.envelope import Topic

MARGIN = timedelta(days=7)
"""The time that a row is kept beyond the retention of its topic, for a consumer that lags."""

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
    """Record these events in the caller's transaction; return the ids that are new."""
    connection = await transaction.connection()
    keep = {
        event: topic.retention + MARGIN if topic.retention else None for event, topic in arrived
    }
    rows = await connection.fetch(_RECORD, list(keep), list(keep.values()))
    return {row["event_id"] for row in rows}


async def purge(transaction: Transaction) -> None:
    """Delete the rows of events that no topic contains any more."""
    connection = await transaction.connection()
    await connection.execute("DELETE FROM inbox WHERE forget_at < now()")
