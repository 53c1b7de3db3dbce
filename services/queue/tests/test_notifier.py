"""Tests of notifications between replicas, through a real PostgreSQL."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
import structlog

from chassis import shutdown
from chassis.db.database import driver_url, is_transient
from labelwright_local.testing import PostgresServer, running_postgres
from queue_service.notify import notifier as notifier_module
from queue_service.notify import pg_notify
from queue_service.notify import subscriber as subscriber_module
from queue_service.notify.notifier import Notifier
from queue_service.notify.subscriber import Subscriber

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"


def everything(_value: Any) -> bool:
    return True


@asynccontextmanager
async def replica(url: str) -> AsyncIterator[Notifier]:
    """Yield a connected notifier, like that of one process."""
    notifier = Notifier()
    subscriber = notifier.subscribe(everything)
    task = asyncio.create_task(pg_notify.run(notifier, url))
    try:
        assert await subscriber.next(10) is None
        yield notifier
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Listener:
    """A listener that records all messages."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.received: list[str] = []

    def messages(self) -> list[Any]:
        return [orjson.loads(text) for text in self.received]

    async def until(self, values: list[Any]) -> None:
        """Wait until exactly these values were received."""
        async with asyncio.timeout(10):
            while [
                one for next_message in self.messages() for one in next_message["values"]
            ] != values:
                await asyncio.sleep(0.01)


@pytest.fixture
def url(fresh_database: Any) -> str:
    address: str = fresh_database()
    return address


@pytest.fixture
async def listener(url: str) -> AsyncIterator[Listener]:
    connection = await asyncpg.connect(driver_url(url))
    found = Listener(connection)
    await connection.add_listener(
        pg_notify.CHANNEL, lambda *values: found.received.append(values[-1])
    )
    yield found
    await connection.close()


async def until_notified(notifier: Notifier, name: str, more_than: int) -> None:
    async with asyncio.timeout(10):
        while notifier.event(name).generation <= more_than:
            await notifier.event(name).wait(notifier.event(name).generation, 1)


async def taken(subscriber: Subscriber, count: int) -> list[Any]:
    """Return the next `count` values."""
    found: list[Any] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await subscriber.next(1) or []
    return found


# --- events


async def test_a_ring_in_one_replica_wakes_a_waiter_in_the_other(url: str) -> None:
    async with replica(url) as first, replica(url) as second:
        other, generation = first.event("other").generation, second.event("work").generation
        waiting = asyncio.create_task(second.event("work").wait(generation, 10))
        await asyncio.sleep(0.1)
        began = time.monotonic()

        first.event("work").notify()
        await waiting

        assert time.monotonic() - began < 5
        assert second.event("work").generation == generation + 1
        assert second.event("other").generation == other


async def test_the_first_ring_after_silence_is_sent_at_once(url: str) -> None:
    seconds = []
    async with replica(url) as first, replica(url) as second:
        for _ in range(50):
            await asyncio.sleep(0.1)
            generation, began = second.event("work").generation, time.monotonic()
            first.event("work").notify()
            await second.event("work").wait(generation, 10)
            seconds.append(time.monotonic() - began)
            if seconds[-1] < pg_notify.PAUSE_SECONDS / 2:
                break  # On a loaded machine a single one may be late.

    assert min(seconds) < pg_notify.PAUSE_SECONDS / 2


async def test_rings_at_one_time_are_one_notification(url: str, listener: Listener) -> None:
    async with replica(url) as first, replica(url) as second:
        for _ in range(1000):
            first.event("work").notify()
            first.event("rest").notify()
        await until_notified(second, "work", 0)
        await asyncio.sleep(3 * pg_notify.PAUSE_SECONDS)

    assert [next_message["events"] for next_message in listener.messages()] == [["rest", "work"]]


async def test_there_are_twenty_notifications_a_second_at_most(
    url: str, listener: Listener
) -> None:
    async with replica(url) as first, replica(url) as second:
        began = time.monotonic()
        for _ in range(300):
            first.event("work").notify()
            await asyncio.sleep(0.003)
        last = second.event("work").generation
        first.event("work").notify()
        await until_notified(second, "work", last)
        await asyncio.sleep(2 * pg_notify.PAUSE_SECONDS)
        seconds = time.monotonic() - began

    assert 2 <= len(listener.received) <= 1 + seconds / pg_notify.PAUSE_SECONDS


async def test_what_one_said_oneself_is_not_heard_again(url: str, listener: Listener) -> None:
    async with replica(url) as first:
        subscriber, generation = first.subscribe(everything), first.event("work").generation
        first.event("work").notify()
        first.publish({"n": 1})
        await listener.until([{"n": 1}])
        await asyncio.sleep(0.1)

        assert first.event("work").generation == generation + 1
        assert await subscriber.next(0) == [{"n": 1}]
        assert await subscriber.next(0) == []


async def test_without_a_database_bells_ring_in_the_process() -> None:
    notifier = Notifier()
    subscriber, generation = notifier.subscribe(everything), notifier.event("work").generation
    waiting = asyncio.create_task(notifier.event("work").wait(generation, 10))
    await asyncio.sleep(0)

    notifier.event("work").notify()
    notifier.publish("hello")

    await asyncio.wait_for(waiting, 10)
    assert await subscriber.next(10) == ["hello"]


# --- values


async def test_news_reach_the_other_replica_several_in_one_notification(
    url: str, listener: Listener
) -> None:
    values = [{"n": n, "text": "é" * 100} for n in range(200)]
    async with replica(url) as first, replica(url) as second:
        subscriber = second.subscribe(lambda value: value["n"] % 2 == 0)
        for value in values:
            first.publish(value)

        assert await taken(subscriber, 100) == values[::2]
        await listener.until(values)

    assert 200 / 40 <= len(listener.received) <= 200 / 20
    assert max(len(text.encode()) for text in listener.received) < 8000


async def test_a_ring_does_not_wait_for_many_news(url: str) -> None:
    async with replica(url) as first, replica(url) as second:
        generation = second.event("work").generation
        subscriber = second.subscribe(everything)
        for n in range(30):
            first.publish({"n": n, "text": "x" * 3000})
        first.event("work").notify()
        await until_notified(second, "work", generation)

        assert len(await subscriber.next(0) or []) < 10


async def test_what_is_too_large_or_too_much_makes_the_others_look_anew(url: str) -> None:
    async with replica(url) as first, replica(url) as second:
        subscriber, generation = second.subscribe(everything), second.event("work").generation
        first.publish("x" * 10_000)
        assert await subscriber.next(10) is None
        for n in range(notifier_module.UNSENT_MAX + 10):
            first.publish(n)

        assert await subscriber.next(10) is None
        assert second.event("work").generation == generation + 2


async def test_a_process_that_cannot_send_keeps_little() -> None:
    notifier = Notifier()
    for n in range(100_000):
        notifier.publish(n)

    next_message = orjson.loads(notifier.next_message() or "")

    assert (next_message["has_gap"], next_message["values"]) == (True, [])
    assert notifier.next_message() is None


async def test_who_does_not_take_its_news_looks_anew() -> None:
    subscriber = Subscriber(everything)
    for n in range(subscriber_module.QUEUED_MAX + 1):
        subscriber.add(n)
    subscriber.add("later")

    assert await subscriber.next(0) is None
    assert await subscriber.next(0) == []


async def test_a_subscriber_that_is_gone_is_told_nothing() -> None:
    values: list[Any] = []

    def wants(value: Any) -> bool:
        values.append(value)
        return True

    notifier = Notifier()
    subscriber = notifier.subscribe(wants)
    notifier.publish(1)
    del subscriber
    notifier.publish(2)

    assert values == [1]


# --- outages


async def test_a_lost_connection_is_made_again_and_everyone_looks_anew(
    url: str, listener: Listener
) -> None:
    async with replica(url) as first, replica(url) as second:
        seen = [(notifier, notifier.event("work").generation) for notifier in (first, second)]
        subscriber = [notifier.subscribe(everything) for notifier in (first, second)]
        with structlog.testing.capture_logs() as logged:
            assert len(await listener.connection.fetch(CUT, pg_notify.CHANNEL)) == 2
            assert [await one.next(10) for one in subscriber] == [None, None]
        assert [notifier.event("work").generation for notifier, _ in seen] == [
            n + 1 for _, n in seen
        ]
        assert [line["log_level"] for line in logged] == ["warning", "warning"]

        first.event("work").notify()
        first.publish("again")
        await until_notified(second, "work", seen[1][1] + 1)
        assert await taken(subscriber[1], 1) == ["again"]


async def test_what_is_said_while_the_connection_is_away_is_heard_later(
    url: str, listener: Listener
) -> None:
    async with replica(url) as second, replica(url) as first:
        subscriber, own = second.subscribe(everything), first.subscribe(everything)
        [mine] = await listener.connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE application_name = $1"
            " ORDER BY backend_start DESC LIMIT 1",
            pg_notify.CHANNEL,
        )
        await listener.connection.execute("SELECT pg_terminate_backend($1)", mine["pid"])
        first.publish("during")

        assert await own.next(0) == ["during"]
        assert await subscriber.next(10) in (["during"], None)


async def test_what_may_have_got_lost_with_its_connection_makes_the_others_look_anew(
    url: str,
) -> None:
    notifier = Notifier()
    notifier.publish("lost?")
    connection = await asyncpg.connect(driver_url(url))
    await connection.close()

    with pytest.raises(asyncpg.InterfaceError):
        await pg_notify._notify(notifier, connection)

    assert orjson.loads(notifier.next_message() or "")["has_gap"] is True


async def test_a_database_that_is_away_for_long_is_waited_for(tmp_path: Path) -> None:
    with running_postgres(tmp_path / "postgres") as server:
        url = server.url(server.create_database())
        async with replica(url) as first, replica(url) as second:
            subscriber = [notifier.subscribe(everything) for notifier in (first, second)]
            with structlog.testing.capture_logs() as logged:
                await asyncio.to_thread(server.kill)
                first.publish("lost?")
                await asyncio.sleep(1)
                await asyncio.to_thread(server.start)
                for one in subscriber:
                    while await one.next(20) is not None:
                        pass
            first.publish("back")
            async with asyncio.timeout(20):
                while "back" not in (await subscriber[1].next(20) or []):
                    pass

    assert len(logged) == 2


async def test_the_last_ring_of_a_process_that_ends_is_heard(url: str) -> None:
    async with replica(url) as second:
        generation = second.event("work").generation
        async with replica(url) as first:
            first.event("work").notify()
            await asyncio.sleep(pg_notify.PAUSE_SECONDS / 2)
            first.event("work").notify()

        await until_notified(second, "work", generation + 1)


def test_a_connection_whose_server_has_said_goodbye_is_an_outage() -> None:
    """The driver raises this between the shutdown message and the end of the connection."""
    error = asyncpg.InternalClientError(
        "cannot switch to state 11; another operation (2) is in progress"
    )

    assert is_transient(error)
    assert not is_transient(asyncpg.InternalClientError("a bug"))


async def test_a_bug_is_not_taken_for_an_outage(postgres_server: PostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncio.wait_for(pg_notify.run(Notifier(), postgres_server.url("nowhere")), 10)


# --- the end of the process


@pytest.fixture
def signals() -> Iterator[list[int]]:
    """Record the signals that the process gets."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, before)


async def test_who_waits_is_woken_when_the_process_is_asked_to_end(signals: list[int]) -> None:
    notifier = Notifier()
    subscriber = notifier.subscribe(everything)
    with shutdown.on_signal(lambda _: notifier.close()):
        woken = asyncio.create_task(
            notifier.event("work").wait(notifier.event("work").generation, 20)
        )
        took = asyncio.create_task(subscriber.next(20))
        await asyncio.sleep(0)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(woken, 5)
        assert await asyncio.wait_for(took, 5) == []
    signal.raise_signal(signal.SIGTERM)

    assert notifier.is_closing
    assert signals == [signal.SIGTERM, signal.SIGTERM]
