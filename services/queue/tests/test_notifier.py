"""Replicas of a service hear each other, through a real PostgreSQL."""

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
from queue_service.notify import notifier as limits
from queue_service.notify import pg_notify
from queue_service.notify import subscriber as held
from queue_service.notify.notifier import Notifier
from queue_service.notify.subscriber import Subscriber

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"


def everything(_value: Any) -> bool:
    return True


@asynccontextmanager
async def replica(url: str) -> AsyncIterator[Notifier]:
    """A process of a service, as far as its bells go, connected."""
    notifier = Notifier()
    news = notifier.subscribe(everything)
    task = asyncio.create_task(pg_notify.run(notifier, url))
    try:
        assert await news.take(10) is None
        yield notifier
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Third:
    """Somebody who listens, and counts."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.heard: list[str] = []

    def letters(self) -> list[Any]:
        return [orjson.loads(text) for text in self.heard]

    async def until(self, told: list[Any]) -> None:
        """Wait until exactly these news were heard."""
        async with asyncio.timeout(10):
            while [one for next_message in self.letters() for one in next_message["news"]] != told:
                await asyncio.sleep(0.01)


@pytest.fixture
def url(fresh_database: Any) -> str:
    address: str = fresh_database()
    return address


@pytest.fixture
async def third(url: str) -> AsyncIterator[Third]:
    connection = await asyncpg.connect(driver_url(url))
    found = Third(connection)
    await connection.add_listener(pg_notify.CHANNEL, lambda *told: found.heard.append(told[-1]))
    yield found
    await connection.close()


async def until_rung(notifier: Notifier, name: str, more_than: int) -> None:
    async with asyncio.timeout(10):
        while notifier.bell(name).generation <= more_than:
            await notifier.bell(name).wait(notifier.bell(name).generation, 1)


async def taken(news: Subscriber, count: int) -> list[Any]:
    """The next `count` values."""
    found: list[Any] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await news.take(1) or []
    return found


# --- bells


async def test_a_ring_in_one_replica_wakes_a_waiter_in_the_other(url: str) -> None:
    async with replica(url) as here, replica(url) as there:
        other, generation = here.bell("other").generation, there.bell("work").generation
        waiting = asyncio.create_task(there.bell("work").wait(generation, 10))
        await asyncio.sleep(0.1)
        began = time.monotonic()

        here.bell("work").notify()
        await waiting

        assert time.monotonic() - began < 5
        assert there.bell("work").generation == generation + 1
        assert there.bell("other").generation == other


async def test_the_first_ring_after_silence_is_sent_at_once(url: str) -> None:
    seconds = []
    async with replica(url) as here, replica(url) as there:
        for _ in range(5):
            await asyncio.sleep(0.1)
            generation, began = there.bell("work").generation, time.monotonic()
            here.bell("work").notify()
            await there.bell("work").wait(generation, 10)
            seconds.append(time.monotonic() - began)

    assert min(seconds) < pg_notify.PAUSE_SECONDS / 2


async def test_rings_at_one_time_are_one_notification(url: str, third: Third) -> None:
    async with replica(url) as here, replica(url) as there:
        for _ in range(1000):
            here.bell("work").notify()
            here.bell("rest").notify()
        await until_rung(there, "work", 0)
        await asyncio.sleep(3 * pg_notify.PAUSE_SECONDS)

    assert [next_message["rung"] for next_message in third.letters()] == [["rest", "work"]]


async def test_there_are_twenty_notifications_a_second_at_most(url: str, third: Third) -> None:
    async with replica(url) as here, replica(url) as there:
        began = time.monotonic()
        for _ in range(300):
            here.bell("work").notify()
            await asyncio.sleep(0.003)
        last = there.bell("work").generation
        here.bell("work").notify()
        await until_rung(there, "work", last)
        await asyncio.sleep(2 * pg_notify.PAUSE_SECONDS)
        seconds = time.monotonic() - began

    assert 2 <= len(third.heard) <= 1 + seconds / pg_notify.PAUSE_SECONDS


async def test_what_one_said_oneself_is_not_heard_again(url: str, third: Third) -> None:
    async with replica(url) as here:
        news, generation = here.subscribe(everything), here.bell("work").generation
        here.bell("work").notify()
        here.tell({"n": 1})
        await third.until([{"n": 1}])
        await asyncio.sleep(0.1)

        assert here.bell("work").generation == generation + 1
        assert await news.take(0) == [{"n": 1}]
        assert await news.take(0) == []


async def test_without_a_database_bells_ring_in_the_process() -> None:
    notifier = Notifier()
    news, generation = notifier.subscribe(everything), notifier.bell("work").generation
    waiting = asyncio.create_task(notifier.bell("work").wait(generation, 10))
    await asyncio.sleep(0)

    notifier.bell("work").notify()
    notifier.tell("hello")

    await asyncio.wait_for(waiting, 10)
    assert await news.take(10) == ["hello"]


# --- news


async def test_news_reach_the_other_replica_several_in_one_notification(
    url: str, third: Third
) -> None:
    told = [{"n": n, "text": "é" * 100} for n in range(200)]
    async with replica(url) as here, replica(url) as there:
        news = there.subscribe(lambda value: value["n"] % 2 == 0)
        for value in told:
            here.tell(value)

        assert await taken(news, 100) == told[::2]
        await third.until(told)

    assert 200 / 40 <= len(third.heard) <= 200 / 20
    assert max(len(text.encode()) for text in third.heard) < 8000


async def test_a_ring_does_not_wait_for_many_news(url: str) -> None:
    async with replica(url) as here, replica(url) as there:
        generation = there.bell("work").generation
        news = there.subscribe(everything)
        for n in range(30):
            here.tell({"n": n, "text": "x" * 3000})
        here.bell("work").notify()
        await until_rung(there, "work", generation)

        assert len(await news.take(0) or []) < 10


async def test_what_is_too_large_or_too_much_makes_the_others_look_anew(url: str) -> None:
    async with replica(url) as here, replica(url) as there:
        news, generation = there.subscribe(everything), there.bell("work").generation
        here.tell("x" * 10_000)
        assert await news.take(10) is None
        for n in range(limits.UNSENT_MAX + 10):
            here.tell(n)

        assert await news.take(10) is None
        assert there.bell("work").generation == generation + 2


async def test_a_process_that_cannot_send_keeps_little() -> None:
    notifier = Notifier()
    for n in range(100_000):
        notifier.tell(n)

    next_message = orjson.loads(notifier.next_message() or "")

    assert (next_message["missed"], next_message["news"]) == (True, [])
    assert notifier.next_message() is None


async def test_who_does_not_take_its_news_looks_anew() -> None:
    news = Subscriber(everything)
    for n in range(held.HELD_MAX + 1):
        news.add(n)
    news.add("later")

    assert await news.take(0) is None
    assert await news.take(0) == []


async def test_a_subscriber_that_is_gone_is_told_nothing() -> None:
    told: list[Any] = []

    def wants(value: Any) -> bool:
        told.append(value)
        return True

    notifier = Notifier()
    news = notifier.subscribe(wants)
    notifier.tell(1)
    del news
    notifier.tell(2)

    assert told == [1]


# --- outages


async def test_a_lost_connection_is_made_again_and_everyone_looks_anew(
    url: str, third: Third
) -> None:
    async with replica(url) as here, replica(url) as there:
        seen = [(notifier, notifier.bell("work").generation) for notifier in (here, there)]
        news = [notifier.subscribe(everything) for notifier in (here, there)]
        with structlog.testing.capture_logs() as logged:
            assert len(await third.connection.fetch(CUT, pg_notify.CHANNEL)) == 2
            assert [await one.take(10) for one in news] == [None, None]
        assert [notifier.bell("work").generation for notifier, _ in seen] == [
            n + 1 for _, n in seen
        ]
        assert [line["log_level"] for line in logged] == ["warning", "warning"]

        here.bell("work").notify()
        here.tell("again")
        await until_rung(there, "work", seen[1][1] + 1)
        assert await taken(news[1], 1) == ["again"]


async def test_what_is_said_while_the_connection_is_away_is_heard_later(
    url: str, third: Third
) -> None:
    async with replica(url) as there, replica(url) as here:
        news, own = there.subscribe(everything), here.subscribe(everything)
        [mine] = await third.connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE application_name = $1"
            " ORDER BY backend_start DESC LIMIT 1",
            pg_notify.CHANNEL,
        )
        await third.connection.execute("SELECT pg_terminate_backend($1)", mine["pid"])
        here.tell("during")

        assert await own.take(0) == ["during"]
        assert await news.take(10) in (["during"], None)


async def test_what_may_have_got_lost_with_its_connection_makes_the_others_look_anew(
    url: str,
) -> None:
    notifier = Notifier()
    notifier.tell("lost?")
    connection = await asyncpg.connect(driver_url(url))
    await connection.close()

    with pytest.raises(asyncpg.InterfaceError):
        await pg_notify._notify(notifier, connection)

    assert orjson.loads(notifier.next_message() or "")["missed"] is True


async def test_a_database_that_is_away_for_long_is_waited_for(tmp_path: Path) -> None:
    with running_postgres(tmp_path / "postgres") as server:
        url = server.url(server.create_database())
        async with replica(url) as here, replica(url) as there:
            news = [notifier.subscribe(everything) for notifier in (here, there)]
            with structlog.testing.capture_logs() as logged:
                await asyncio.to_thread(server.kill)
                here.tell("lost?")
                await asyncio.sleep(1)
                await asyncio.to_thread(server.start)
                for one in news:
                    while await one.take(20) is not None:
                        pass
            here.tell("back")
            async with asyncio.timeout(20):
                while "back" not in (await news[1].take(20) or []):
                    pass

    assert len(logged) == 2


async def test_the_last_ring_of_a_process_that_ends_is_heard(url: str) -> None:
    async with replica(url) as there:
        generation = there.bell("work").generation
        async with replica(url) as here:
            here.bell("work").notify()
            await asyncio.sleep(pg_notify.PAUSE_SECONDS / 2)
            here.bell("work").notify()

        await until_rung(there, "work", generation + 1)


def test_a_connection_whose_server_has_said_goodbye_is_an_outage() -> None:
    """Between the server's last words and the end of the connection, the driver says this."""
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
def asked() -> Iterator[list[int]]:
    """The signals that the server was asked to end by."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, before)


async def test_who_waits_is_woken_when_the_process_is_asked_to_end(asked: list[int]) -> None:
    notifier = Notifier()
    news = notifier.subscribe(everything)
    with shutdown.on_signal(lambda _: notifier.close()):
        rung = asyncio.create_task(notifier.bell("work").wait(notifier.bell("work").generation, 20))
        took = asyncio.create_task(news.take(20))
        await asyncio.sleep(0)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(rung, 5)
        assert await asyncio.wait_for(took, 5) == []
    signal.raise_signal(signal.SIGTERM)

    assert notifier.is_closing
    assert asked == [signal.SIGTERM, signal.SIGTERM]
