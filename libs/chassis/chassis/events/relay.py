"""The relay sends the events of the outbox to Kafka, fairly by project.

A batch takes equally many events of each project, oldest first, and fills up with those of projects
that have more: many events of one project delay no other. Events of one key belong to one project,
so they keep their order. The deletion of the rows commits after the broker has acknowledged them.
After a crash in between they are sent again: delivery is at least once, and `chassis.events.inbox`
makes that harmless. An advisory lock allows the relay of one replica only.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from asyncpg import Record

from chassis import metrics
from chassis.backoff import until_available
from chassis.clock import utc_now
from chassis.db.database import Database
from chassis.db.locks import OUTBOX_RELAY
from chassis.events.outbox import PROJECTS

BATCH_ROWS = 500
POLL_SECONDS, POLL_SECONDS_MAX = 0.02, 2.0
"""The interval of polling after a batch without rows, which can mean that another replica sends
them. It doubles each time up to the maximum; a commit in this process wakes the relay at once."""
PAUSE_SECONDS = 0.005
"""The pause after an incomplete batch, so that under load more events share the next one."""

# Only the replica that gets the lock takes rows. Their addresses are an array, since the planner
# could repeat a subquery for every row; rows of the outbox are never updated, so addresses hold.
_TAKE = f"""
{PROJECTS}
DELETE FROM outbox WHERE ctid = ANY (ARRAY(
        SELECT first.row_address FROM waiting w CROSS JOIN LATERAL (
            SELECT ctid AS row_address, id, row_number() OVER (ORDER BY id) AS place
            FROM outbox o WHERE o.project = w.project ORDER BY id LIMIT $1) AS first
        ORDER BY first.place, first.id LIMIT $1))
    AND (SELECT pg_try_advisory_xact_lock({OUTBOX_RELAY}))
RETURNING id, topic, key, kind, body, trace, added_at
"""
_partition_of = DefaultPartitioner()


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
    """Send a batch of rows and delete them; return their number, 0 if another replica sends."""
    async with database.transaction() as transaction:
        connection = await transaction.connection()
        rows = await connection.fetch(_TAKE, BATCH_ROWS)
        rows.sort(key=lambda row: row["id"])
        metrics.OUTBOX_AGE.set(_age(min(row["added_at"] for row in rows)) if rows else 0)
        await _send(producer, prefix, rows)
    metrics.OUTBOX_SENT.inc(len(rows))
    return len(rows)


async def _send(producer: AIOKafkaProducer, prefix: str, rows: Sequence[Record]) -> None:
    """Send the rows in their order; return when the broker has acknowledged all of them.

    One batch for each partition costs half of the CPU time of sending them one by one.
    """
    topics = {row["topic"] for row in rows}
    partitions = {topic: sorted(await producer.partitions_for(prefix + topic)) for topic in topics}
    by_partition: dict[tuple[str, int], list[Record]] = {}
    for row in rows:
        among = partitions[row["topic"]]
        partition = _partition_of(row["key"], among, among)
        by_partition.setdefault((prefix + row["topic"], partition), []).append(row)
    sent = [
        acknowledgement
        for (topic, partition), records in by_partition.items()
        for acknowledgement in await _send_to(producer, topic, partition, records)
    ]
    await asyncio.gather(*sent)


async def _send_to(
    producer: AIOKafkaProducer, topic: str, partition: int, rows: Sequence[Record]
) -> list[asyncio.Future[Any]]:
    """Hand rows of one partition to the producer; return what its acknowledgements are set on."""
    sent = []
    batch = producer.create_batch()
    for row in rows:
        if not _append(batch, row):
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            _append(batch, row)
    sent.append(await producer.send_batch(batch, topic, partition=partition))
    return sent


def _append(batch: Any, row: Record) -> bool:  # noqa: ANN401 - aiokafka has no types
    """Append a row to a batch; return False if it has no room. An empty one takes any event."""
    headers = [("kind", row["kind"]), ("traceparent", row["trace"])]
    place = batch.append(key=row["key"], value=row["body"], timestamp=None, headers=headers)
    return place is not None


def _age(added_at: datetime) -> float:
    return max(0.0, (utc_now() - added_at).total_seconds())
