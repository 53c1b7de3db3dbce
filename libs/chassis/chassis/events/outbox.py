"""The outbox: an event is published if, and only if, the transaction that added it commits.

`add` writes events into the caller's transaction; `chassis.events.relay` sends them to Kafka.

Order: an operation locks the row that its event is about before it adds the event, so events about
one thing get their ids in commit order.
"""

import sqlalchemy as sa

from chassis import logs
from chassis.db.database import Transaction, metadata
from schemas.envelope import Event

EVENT_BYTES_MAX = 1_000_000
"""The size limit of an event, a little below that of Kafka's brokers: one that a broker refused
would block all later ones."""
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("project", sa.Text, primary_key=True, server_default=""),
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("kind", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("trace", sa.LargeBinary, nullable=False),
    sa.Column("added_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)

_ADD = """
INSERT INTO outbox (project, topic, key, kind, body, trace)
SELECT project, topic, key, kind, body, $6
FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[])
    WITH ORDINALITY AS event (project, topic, key, kind, body, place) ORDER BY place
"""
_HAS_BACKLOG = """
SELECT count(*) = $2 FROM (SELECT 1 FROM outbox WHERE project = $1 LIMIT $2) AS waiting
"""
PROJECTS = """
WITH RECURSIVE waiting AS (
    (SELECT project FROM outbox ORDER BY project LIMIT 1)
    UNION ALL
    SELECT (SELECT o.project FROM outbox o WHERE o.project > w.project ORDER BY o.project LIMIT 1)
    FROM waiting w WHERE w.project IS NOT NULL
)
"""
"""The projects with rows, each found by one probe of the index."""
_ROWS_AT_MOST = f"""
{PROJECTS}
SELECT coalesce(max(newest.id) - min(oldest.id) + 1, 0) FROM waiting w
    CROSS JOIN LATERAL
        (SELECT id FROM outbox o WHERE o.project = w.project ORDER BY id LIMIT 1) AS oldest
    CROSS JOIN LATERAL
        (SELECT id FROM outbox o WHERE o.project = w.project ORDER BY id DESC LIMIT 1) AS newest
"""


class EventTooLarge(Exception):
    """The event about this change would be larger than the limit."""


async def add(transaction: Transaction, *events: Event) -> None:
    """Publish `events` if, and only if, the caller's transaction commits.

    Raises EventTooLarge.
    """
    if not events:
        return
    bodies = [event.to_wire(transaction.service) for event in events]
    for event, body in zip(events, bodies, strict=True):
        if len(body) > EVENT_BYTES_MAX:
            size = f"{len(body):,} bytes, at most {EVENT_BYTES_MAX:,} are allowed"
            raise EventTooLarge(f"The event {event.kind()} of {event.key} has {size}.")
    connection = await transaction.connection()
    await connection.execute(
        _ADD,
        [event.project for event in events],
        [event.topic.name for event in events],
        [event.key.encode() for event in events],
        [event.kind().encode() for event in events],
        bodies,
        logs.traceparent().encode(),
    )
    transaction.after_commit(transaction.outbox_grew.notify)


async def has_backlog(transaction: Transaction, project: str, count: int) -> bool:
    """Return True if at least `count` events of the project wait to be sent.

    Bulk operations should then wait: events of people in the same project are sent after these.
    """
    connection = await transaction.connection()
    return bool(await connection.fetchval(_HAS_BACKLOG, project, count))


async def rows_at_most(transaction: Transaction) -> int:
    """Return an upper bound of the number of events that wait to be sent.

    It is the range of their ids, which includes those of transactions that rolled back. Its time
    does not grow with the number of events, since readiness probes are frequent.
    """
    connection = await transaction.connection()
    return int(await connection.fetchval(_ROWS_AT_MOST))
