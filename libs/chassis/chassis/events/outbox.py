"""The outbox: an event is published if, and only if, the transaction that added it commits.

`add` writes events into the caller's transaction. `relay` sends the rows to Kafka, oldest first,
and commits their deletion after the broker has acknowledged them. After a crash in between they are
sent again: delivery is at least once, and `chassis.events.inbox` makes that harmless.

Order: an operation locks the row that its event is about before it adds the event, so events about
one thing get their ids in commit order. An advisory lock allows the relay of one replica only.
"""

import asyncio
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from aiokafka import AIOKafkaProducer

from chassis import logs, metrics
from chassis.backoff import until_available
from chassis.clock import utc_now
from chassis.db.database import Database, Transaction, metadata
from chassis.db.locks import OUTBOX_RELAY
from schemas.envelope import Event

EVENT_BYTES_MAX = 1_000_000
"""The size limit of an event, a little below that of Kafka's brokers: one that a broker refused
would block all later ones."""
BATCH_ROWS = 500
POLL_SECONDS, POLL_SECONDS_MAX = 0.02, 2.0
"""The interval of polling after a batch without rows, which can mean that another replica sends
them. It doubles each time up to the maximum; a commit in this process wakes the relay at once."""
PAUSE_SECONDS = 0.005
"""The pause after an incomplete batch, so that under load more events share the next one."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("kind", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("trace", sa.LargeBinary, nullable=False),
    sa.Column("added_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)

_ADD = """
INSERT INTO outbox (topic, key, kind, body, trace)
SELECT topic, key, kind, body, $5 FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[])
    WITH ORDINALITY AS event (topic, key, kind, body, place) ORDER BY place
"""
_HAS_BACKLOG = "SELECT count(*) = $1 FROM (SELECT 1 FROM outbox LIMIT $1) AS waiting"
_ROWS_AT_MOST = "SELECT coalesce(max(id) - min(id) + 1, 0) FROM outbox"
# Only the replica that gets the lock takes rows. Their deletion commits after the broker has
# acknowledged them. The ids are an array, since the planner could repeat a subquery for every row.
_TAKE = f"""
DELETE FROM outbox WHERE id = ANY (ARRAY(SELECT id FROM outbox ORDER BY id LIMIT $1))
    AND (SELECT pg_try_advisory_xact_lock({OUTBOX_RELAY}))
RETURNING id, topic, key, kind, body, trace, added_at
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
        [event.topic.name for event in events],
        [event.key.encode() for event in events],
        [event.kind().encode() for event in events],
        bodies,
        logs.traceparent().encode(),
    )
    transaction.after_commit(transaction.outbox_grew.notify)


async def has_backlog(transaction: Transaction, count: int) -> bool:
    """Return True if at least `count` events wait to be sent. Bulk operations should then wait."""
    connection = await transaction.connection()
    return bool(await connection.fetchval(_HAS_BACKLOG, count))


async def rows_at_most(transaction: Transaction) -> int:
    """Return an upper bound of the number of events that wait to be sent.

    It is the range of their ids, which includes those of transactions that rolled back. It takes
    constant time, since readiness probes are frequent.
    """
    connection = await transaction.connection()
    return int(await connection.fetchval(_ROWS_AT_MOST))


async def relay(database: Database, producer: AIOKafkaProducer, prefix: str) -> None:
    """Send the outbox to Kafka until cancelled, through outages of the database and broker."""
    wait, grew = POLL_SECONDS, database.outbox_grew
    send = partial(relay_batch, database, producer, prefix)
    while True:
        generation = grew.generation
        sent = await until_available(send, "outbox")
        if 0 < sent < BATCH_ROWS:
            await asyncio.sleep(PAUSE_SECONDS)
        if sent < BATCH_ROWS:
            await grew.wait(generation, wait)
        is_busy = sent or grew.generation != generation
        wait = POLL_SECONDS if is_busy else min(2 * wait, POLL_SECONDS_MAX)


async def relay_batch(database: Database, producer: AIOKafkaProducer, prefix: str) -> int:
    """Send the oldest rows and delete them; return their number, 0 if another replica sends."""
    async with database.transaction() as transaction:
        connection = await transaction.connection()
        rows = await connection.fetch(_TAKE, BATCH_ROWS)
        rows.sort(key=lambda row: row["id"])
        metrics.OUTBOX_AGE.set(_age(rows[0]["added_at"]) if rows else 0)
        sent = [
            await producer.send(
                prefix + row["topic"],
                row["body"],
                key=row["key"],
                headers=[("kind", row["kind"]), ("traceparent", row["trace"])],
            )
            for row in rows
        ]
        await asyncio.gather(*sent)  # All acknowledgements, before the deletion commits.
    metrics.OUTBOX_SENT.inc(len(rows))
    return len(rows)


def _age(added_at: datetime) -> float:
    return max(0.0, (utc_now() - added_at).total_seconds())
