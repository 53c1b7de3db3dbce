"""The outbox: an event leaves a service if, and only if, the change it tells of is committed.

`add` writes events into the caller's transaction. `relay` sends the rows to Kafka, oldest first;
that they are deleted commits once the broker has acknowledged them. A crash in between sends them
again: delivery is at least once, and `chassis.events.inbox` makes that harmless.

Order. An operation locks the row that its event is about before it adds the event, so events
about one thing get their ids in commit order. An advisory lock keeps a second replica's relay out.
"""

import asyncio
from datetime import datetime

import sqlalchemy as sa
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis import logs, metrics
from chassis.broadcast import BroadcastEvent
from chassis.clock import utc_now
from chassis.db.database import Database, Transaction, is_transient, metadata
from schemas.envelope import Event

EVENT_BYTES_MAX = 1_000_000
"""Kafka's brokers take a little more. One that they refuse would keep back all that follow it."""
BATCH_ROWS = 500
LOOK_AGAIN_SECONDS, IDLE_SECONDS = 0.02, 2.0
"""How soon to look again after nothing was found, which may mean that another replica is at it;
twice as late each time, up to IDLE_SECONDS, since what is added here rings."""
PAUSE_SECONDS = 0.005
"""Between two batches, so that under load more events share one; the first goes at once."""
RELAY_LOCK = 1  # Any constant will do: each service has a database of its own.

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
_HOLDS = "SELECT count(*) = $1 FROM (SELECT 1 FROM outbox LIMIT $1) AS waiting"
_ROWS_AT_MOST = "SELECT coalesce(max(id) - min(id) + 1, 0) FROM outbox"
# Only the replica that gets the lock takes rows. They are gone when the transaction commits, which
# is after the broker has acknowledged them. An array, since of a subquery the planner may think
# that it had better run it again for every row.
_TAKE = """
DELETE FROM outbox WHERE id = ANY (ARRAY(SELECT id FROM outbox ORDER BY id LIMIT $1))
    AND (SELECT pg_try_advisory_xact_lock($2))
RETURNING id, topic, key, kind, body, trace, added_at
"""

added = BroadcastEvent()
"""Rung when a transaction that added events has committed in this process."""


class EventTooLarge(Exception):
    """What would be told of it is larger than an event may be."""


async def add(transaction: Transaction, *events: Event) -> None:
    """Publish `events` if, and only if, the caller's transaction commits.

    Raises EventTooLarge.
    """
    if not events:
        return
    bodies = [event.to_wire(transaction.service) for event in events]
    for event, body in zip(events, bodies, strict=True):
        if len(body) > EVENT_BYTES_MAX:
            told = f"{event.kind()} of {event.key} has {len(body):,} bytes of {EVENT_BYTES_MAX:,}."
            raise EventTooLarge(told)
    connection = await transaction.connection()
    await connection.execute(
        _ADD,
        [event.topic.name for event in events],
        [event.key.encode() for event in events],
        [event.kind().encode() for event in events],
        bodies,
        logs.traceparent().encode(),
    )
    transaction.after_commit(added.notify)


async def holds(transaction: Transaction, count: int) -> bool:
    """Whether `count` events or more wait to be sent: whoever adds thousands should wait too."""
    connection = await transaction.connection()
    return bool(await connection.fetchval(_HOLDS, count))


async def rows_at_most(transaction: Transaction) -> int:
    """The number of events that wait, by their ids: transactions that rolled back count too.

    In constant time, however many wait: probes ask often.
    """
    connection = await transaction.connection()
    return int(await connection.fetchval(_ROWS_AT_MOST))


async def relay(database: Database, producer: AIOKafkaProducer, prefix: str) -> None:
    """Send the outbox to Kafka for as long as the service runs; outlive outages of both ends."""
    log = logs.get("outbox")
    wait = LOOK_AGAIN_SECONDS
    while True:
        generation = added.generation
        try:
            sent = await relay_batch(database, producer, prefix)
        except KafkaError as error:
            log.warning("the broker did not take the outbox; trying again", error=str(error))
            await asyncio.sleep(1)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("the outbox waits for the database", error=str(error))
            await asyncio.sleep(0.5)
        else:
            if 0 < sent < BATCH_ROWS:
                await asyncio.sleep(PAUSE_SECONDS)
            if sent < BATCH_ROWS:
                await added.wait(generation, wait)
            is_busy = sent or added.generation != generation
            wait = LOOK_AGAIN_SECONDS if is_busy else min(2 * wait, IDLE_SECONDS)


async def relay_batch(database: Database, producer: AIOKafkaProducer, prefix: str) -> int:
    """Send the oldest rows, and be rid of them. Return how many; 0 if another replica is at it."""
    async with database.transaction() as transaction:
        connection = await transaction.connection()
        rows = await connection.fetch(_TAKE, BATCH_ROWS, RELAY_LOCK)
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
        await asyncio.gather(*sent)  # Every acknowledgement, before the rows are gone.
    metrics.OUTBOX_SENT.inc(len(rows))
    return len(rows)


def _age(added_at: datetime) -> float:
    return max(0.0, (utc_now() - added_at).total_seconds())
