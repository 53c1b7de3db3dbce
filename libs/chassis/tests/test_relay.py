"""The relay sends events fairly by project, each once, and those of one key in their order."""

import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.db.database import Database, driver_url, metadata
from chassis.events import outbox
from chassis.events.outbox import add
from chassis.events.relay import BATCH_ROWS, relay_batch
from schemas.envelope import Envelope, Event, Topic

PIECES = Topic("pieces", None)


class PieceMoved(Event):
    """An event of these tests."""

    topic = PIECES
    keyed_by = "piece"

    piece: str
    number: int
    note: str = ""


def moved(project: str, number: int, *, piece: str = "", note: str = "") -> PieceMoved:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    name = piece or f"{project}-{number % 7}"
    return PieceMoved(occurred_at=now, project=project, piece=name, number=number, note=note)


@pytest.fixture
async def database(fresh_database: Any) -> AsyncIterator[Database]:
    address: str = fresh_database()
    engine = create_async_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: metadata.create_all(sync, [outbox.outbox]))
    await engine.dispose()
    async with asyncpg.create_pool(driver_url(address), min_size=0) as pool:
        yield Database(pool, "chess")


@pytest.fixture
async def prefix(kafka_server: Any) -> str:
    own = f"t{uuid.uuid4().hex[:8]}-"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_server.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(own + PIECES.name, 2, 1)])
    await admin.close()
    return own


@pytest.fixture
async def producer(kafka_server: Any) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(
        bootstrap_servers=kafka_server.bootstrap, acks="all", max_request_size=2_000_000
    )
    await made.start()
    yield made
    await made.stop()


async def add_events(database: Database, *events: Event) -> None:
    async with database.transaction() as transaction:
        await add(transaction, *events)


async def waiting(database: Database) -> Counter[str]:
    """Return the number of waiting events of each project."""
    async with database.transaction() as transaction:
        rows = await (await transaction.connection()).fetch("SELECT project FROM outbox")
    return Counter(row["project"] for row in rows)


async def sent(bootstrap: str, prefix: str, count: int) -> list[PieceMoved]:
    """Return the first `count` events of the topic, partition by partition in their order."""
    consumer = AIOKafkaConsumer(
        prefix + PIECES.name, bootstrap_servers=bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    found: list[PieceMoved] = []
    while len(found) < count:
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            read = [Envelope.read(record.value).event(PieceMoved) for record in records]
            found += [event for event in read if isinstance(event, PieceMoved)]
    await consumer.stop()
    return found


async def test_the_next_batch_has_all_events_of_a_small_project_beside_a_flood(
    database: Database, producer: AIOKafkaProducer, prefix: str
) -> None:
    await add_events(database, *(moved("flood", n) for n in range(4 * BATCH_ROWS)))
    await add_events(database, moved("small", 1), moved("zebra", 1), moved("aardvark", 1))

    assert await relay_batch(database, producer, prefix) == BATCH_ROWS

    assert await waiting(database) == {"flood": 3 * BATCH_ROWS + 3}


async def test_floods_of_two_projects_share_a_batch(
    database: Database, producer: AIOKafkaProducer, prefix: str
) -> None:
    await add_events(database, *(moved("first", n) for n in range(2 * BATCH_ROWS)))
    await add_events(database, *(moved("second", n) for n in range(2 * BATCH_ROWS)))

    await relay_batch(database, producer, prefix)

    assert set((await waiting(database)).values()) == {2 * BATCH_ROWS - BATCH_ROWS // 2}


async def test_each_event_is_sent_once_and_those_of_a_key_in_their_order(
    database: Database, producer: AIOKafkaProducer, prefix: str, kafka_server: Any
) -> None:
    projects = ["many"] * 5 + ["few"]
    events = [moved(projects[n % 6], n) for n in range(2000)]
    await add_events(database, *events[:1500])
    await relay_batch(database, producer, prefix)
    await add_events(database, *events[1500:])

    while await relay_batch(database, producer, prefix):
        pass

    found = await sent(kafka_server.bootstrap, prefix, len(events))
    for piece in {event.piece for event in events}:
        numbers = [event.number for event in events if event.piece == piece]
        assert [event.number for event in found if event.piece == piece] == numbers
    assert not await waiting(database)


async def test_events_that_do_not_fit_into_one_batch_of_the_producer_are_sent_in_order(
    database: Database, producer: AIOKafkaProducer, prefix: str, kafka_server: Any
) -> None:
    sizes = [10, 900_000, 10, 60_000, 60_000, 60_000, 10, 900_000, 900_000, 10]
    events = [moved("p", n, piece="queen", note="x" * size) for n, size in enumerate(sizes)]
    await add_events(database, *events)

    assert await relay_batch(database, producer, prefix) == len(sizes)

    found = await sent(kafka_server.bootstrap, prefix, len(events))
    assert [(event.number, len(event.note)) for event in found] == list(enumerate(sizes))


async def test_a_backlog_of_one_project_does_not_hold_up_the_bulk_work_of_another(
    database: Database,
) -> None:
    await add_events(database, *(moved("flood", n) for n in range(10)))

    async with database.transaction() as transaction:
        backlogs = [
            await outbox.has_backlog(transaction, project, count)
            for project, count in (("flood", 10), ("flood", 11), ("other", 1))
        ]
        at_most = await outbox.rows_at_most(transaction)

    assert backlogs == [True, False, False]
    assert at_most == 10
