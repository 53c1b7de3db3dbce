"""The outbox: an event leaves a service if, and only if, the change it tells of is committed.

`add` writes events into the caller's transaction. `Relay` sends the rows to Kafka, oldest first,
and deletes them once the broker has acknowledged them. A crash in between sends them again:
delivery is at least once, and `chassis.inbox` makes that harmless.

Order. An operation locks the row that its event is about before it adds the event, so events
about one thing get their ids in commit order. An advisory lock keeps a second replica's relay out.
"""

import asyncio
from datetime import datetime

import sqlalchemy as sa
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis import logs, metrics
from chassis.clock import utc_now
from chassis.database import (
    Session,
    Sessions,
    after_commit,
    is_transient,
    metadata,
    raw,
    transaction,
)
from chassis.wake import Wake
from schemas.envelope import Event

BATCH_ROWS = 500
IDLE_SECONDS = 0.2
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
_OLDEST = "SELECT id, topic, key, kind, body, trace, added_at FROM outbox ORDER BY id LIMIT $1"

added = Wake()
"""Rung when a transaction that added events has committed in this process."""


async def add(session: Session, *events: Event) -> None:
    """Publish `events` if, and only if, the caller's transaction commits."""
    if not events:
        return
    connection = await raw(session)
    service = session.info["service"]
    await connection.execute(
        _ADD,
        [event.topic.name for event in events],
        [event.key.encode() for event in events],
        [event.kind().encode() for event in events],
        [event.to_wire(service) for event in events],
        logs.traceparent().encode(),
    )
    after_commit(session, added.ring)


async def relay(sessions: Sessions, producer: AIOKafkaProducer, prefix: str) -> None:
    """Send the outbox to Kafka for as long as the service runs; outlive outages of both ends."""
    log = logs.get("outbox")
    while True:
        rings = added.rings
        try:
            sent = await relay_batch(sessions, producer, prefix)
        except KafkaError as error:
            log.warning("the broker did not take the outbox; trying again", error=str(error))
            await asyncio.sleep(1)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("the database is away; trying again", error=str(error))
            await asyncio.sleep(0.5)
        else:
            if sent < BATCH_ROWS:
                await added.wait(rings, IDLE_SECONDS)


async def relay_batch(sessions: Sessions, producer: AIOKafkaProducer, prefix: str) -> int:
    """Send the oldest rows, then delete them. Return how many; 0 if another replica is at it."""
    async with transaction(sessions) as session:
        connection = await raw(session)
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", RELAY_LOCK):
            return 0
        rows = await connection.fetch(_OLDEST, BATCH_ROWS)
        if not rows:
            metrics.OUTBOX_AGE.set(0)
            return 0
        metrics.OUTBOX_AGE.set(_age(rows[0]["added_at"]))
        sent = [
            await producer.send(
                prefix + row["topic"],
                row["body"],
                key=row["key"],
                headers=[("kind", row["kind"]), ("traceparent", row["trace"])],
            )
            for row in rows
        ]
        await asyncio.gather(*sent)  # Wait for every acknowledgement before anything is deleted.
        await connection.execute("DELETE FROM outbox WHERE id = ANY($1)", [r["id"] for r in rows])
        metrics.OUTBOX_SENT.inc(len(rows))
        return len(rows)


def _age(added_at: datetime) -> float:
    return max(0.0, (utc_now() - added_at).total_seconds())
