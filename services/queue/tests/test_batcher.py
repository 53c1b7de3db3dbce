"""Tests of the batcher against a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar

import asyncpg
import pytest
from pydantic_settings import SettingsConfigDict

from chassis import testing
from chassis.db.database import Database, Transaction, create_pool
from chassis.db.retries import TRIES_MAX
from chassis.settings import ServiceSettings
from queue_service.batcher import SIZE_MAX, Batcher

# A duplicate is detected at the commit, not before.
TABLE = "CREATE TABLE written (text text UNIQUE DEFERRABLE INITIALLY DEFERRED)"
CUT = "SELECT pg_terminate_backend(pg_backend_pid())"


class Settings(ServiceSettings):
    """Settings of the toy service."""

    model_config = SettingsConfigDict(env_prefix="TOY_", frozen=True)
    service: ClassVar[str] = "toy"


class Refused(Exception):
    """The request is refused."""


class Handler:
    """Store each request and return the id of its transaction.

    The result of `refuse` is an exception; `break` makes the whole batch fail.
    """

    def __init__(self, *errors: Exception) -> None:
        self.batches: list[list[str]] = []
        self.errors = list(errors)
        self.gate = asyncio.Event()
        self.gate.set()
        self.cut = 0

    async def handle(
        self, transaction: Transaction, requests: Sequence[str]
    ) -> list[str | Exception]:
        self.batches.append(list(requests))
        await self.gate.wait()
        connection = await transaction.connection()
        for text in requests:
            await connection.execute("INSERT INTO written VALUES ($1)", text)
        if self.cut:
            self.cut -= 1
            await connection.execute(CUT)
        if self.errors:
            raise self.errors.pop(0)
        if any(text.startswith("break") for text in requests):
            raise RuntimeError("a bug")
        transaction = str(await connection.fetchval("SELECT pg_current_xact_id()"))
        return [Refused(text) if text.startswith("refuse") else transaction for text in requests]


@pytest.fixture
async def database(fresh_database: Any, tokens: testing.Tokens) -> AsyncIterator[Database]:
    pool = await create_pool(testing.settings(Settings, tokens, fresh_database()))
    await pool.execute(TABLE)
    yield Database(pool, "toy")
    await pool.close()


async def written(database: Database) -> list[str]:
    rows = await database.pool.fetch("SELECT text FROM written ORDER BY text")
    return [row["text"] for row in rows]


async def results_of(
    batcher: Batcher[str, str], database: Database, *requests: str
) -> list[str | BaseException]:
    """Submit requests concurrently, in this order; return their results."""
    calls = [batcher.submit(database, request) for request in requests]
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_what_comes_in_at_once_shares_a_transaction(database: Database) -> None:
    handler = Handler()
    batcher = Batcher(handler.handle)

    results = await results_of(batcher, database, *"abcdef")
    later = await results_of(batcher, database, "g")

    assert handler.batches == [list("abcdef"), ["g"]]
    assert (len(set(results)), len({*results, *later})) == (1, 2)
    assert await written(database) == list("abcdefg")


async def test_an_idle_batcher_waits_for_nobody_and_a_busy_one_takes_all(
    database: Database,
) -> None:
    handler = Handler()
    handler.gate.clear()
    batcher = Batcher(handler.handle)
    first = asyncio.create_task(batcher.submit(database, "first"))
    await asyncio.sleep(0.05)
    rest = [asyncio.create_task(batcher.submit(database, text)) for text in "abc"]
    await asyncio.sleep(0.05)
    alone = list(handler.batches)

    handler.gate.set()
    await asyncio.gather(first, *rest)

    assert alone == [["first"]]
    assert handler.batches == [["first"], ["a", "b", "c"]]


async def test_a_batch_is_not_larger_than_it_may_be(database: Database) -> None:
    handler = Handler()
    batcher = Batcher(handler.handle)

    await results_of(batcher, database, *(f"{n:03}" for n in range(3 * SIZE_MAX)))

    assert max(map(len, handler.batches)) == SIZE_MAX
    assert sum(handler.batches, []) == [f"{n:03}" for n in range(3 * SIZE_MAX)]  # noqa: RUF017


async def test_whoever_has_its_answer_finds_it_committed(database: Database) -> None:
    handler = Handler()
    batcher = Batcher(handler.handle)

    async def submit(text: str) -> bool:
        await batcher.submit(database, text)
        return text in await written(database)

    assert all(await asyncio.gather(*(submit(str(n)) for n in range(100))))


async def test_whoever_is_told_nothing_before_the_commit_hears_when_it_fails(
    database: Database,
) -> None:
    """The commit of both fails; then each is tried alone, and one of them fails."""
    handler = Handler()
    batcher = Batcher(handler.handle, key=lambda _: object())

    first, _, again, other = await results_of(batcher, database, "first", "same", "same", "other")

    assert isinstance(first, str)
    assert isinstance(other, str)
    assert isinstance(again, asyncpg.UniqueViolationError)
    assert await written(database) == ["first", "other", "same"]


async def test_a_request_that_breaks_does_not_fail_the_others(database: Database) -> None:
    handler = Handler()
    batcher = Batcher(handler.handle)

    results = await results_of(batcher, database, "a", "b", "break", "c", "break too", "d")

    broken = [isinstance(result, RuntimeError) for result in results]
    assert broken == [False, False, True, False, True, False]
    assert await written(database) == ["a", "b", "c", "d"]


async def test_a_refusal_reaches_its_asker_alone_and_costs_the_others_nothing(
    database: Database,
) -> None:
    handler = Handler()
    batcher = Batcher(handler.handle)

    results = await results_of(batcher, database, "a", "b", "refuse", "c", "refuse too")

    refused = [str(result) for result in results if isinstance(result, Refused)]
    assert refused == ["refuse", "refuse too"]
    assert sum(map(len, handler.batches)) == 5
    assert len(set(results) - {results[2], results[4]}) == len(handler.batches)


async def test_two_requests_of_one_key_never_share_a_batch(database: Database) -> None:
    handler = Handler()
    handler.gate.clear()
    batcher = Batcher(handler.handle, key=lambda text: text[0])
    calls = [asyncio.create_task(batcher.submit(database, "x"))]
    await asyncio.sleep(0.05)
    texts = ["a1", "b1", "a2", "c1", "b2", "a3"]
    calls += [asyncio.create_task(batcher.submit(database, text)) for text in texts]
    await asyncio.sleep(0.05)

    handler.gate.set()
    await asyncio.gather(*calls)

    assert handler.batches == [["x"], ["a1", "b1", "c1"], ["a2", "b2"], ["a3"]]


async def test_an_asker_who_goes_before_its_turn_is_left_out(database: Database) -> None:
    handler = Handler()
    handler.gate.clear()
    batcher = Batcher(handler.handle)
    calls = [asyncio.create_task(batcher.submit(database, "first"))]
    await asyncio.sleep(0.05)
    calls += [asyncio.create_task(batcher.submit(database, text)) for text in "abc"]
    await asyncio.sleep(0.05)

    calls[2].cancel()
    await asyncio.sleep(0)
    handler.gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)

    assert [isinstance(one, asyncio.CancelledError) for one in results] == [False] * 2 + [
        True,
        False,
    ]
    assert handler.batches == [["first"], ["a", "c"]]


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_an_asker_who_goes_while_it_is_served_does_not_hurt(
    database: Database, gone: int
) -> None:
    """This is also true of the first caller, whose task runs the batch."""
    errors: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: errors.append(what))
    handler = Handler()
    handler.gate.clear()
    batcher = Batcher(handler.handle)
    calls = [asyncio.create_task(batcher.submit(database, one)) for one in ("a", "refuse", "b")]
    await asyncio.sleep(0.05)
    assert handler.batches == [["a", "refuse", "b"]]

    calls[gone].cancel()
    await asyncio.sleep(0)
    handler.gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    asyncio.get_running_loop().set_exception_handler(None)

    assert isinstance(results[gone], asyncio.CancelledError)
    assert [isinstance(results[n], str) for n in (0, 2) if n != gone] == [True] * (1 + (gone == 1))
    assert await batcher.submit(database, "later")
    assert errors == []


async def test_a_batch_that_nobody_waits_for_any_more_is_not_begun(database: Database) -> None:
    handler = Handler()
    handler.gate.clear()
    batcher = Batcher(handler.handle)
    calls = [asyncio.create_task(batcher.submit(database, text)) for text in ("first", "a", "b")]
    await asyncio.sleep(0.05)
    before = len(handler.batches[0])
    for call in calls[before:]:
        call.cancel()

    handler.gate.set()
    await asyncio.gather(*calls, return_exceptions=True)

    assert len(handler.batches) == 1
    assert await batcher.submit(database, "later")


async def test_a_lost_connection_is_nobodys_fault_and_tried_again(database: Database) -> None:
    handler = Handler()
    handler.cut = TRIES_MAX - 1
    batcher = Batcher(handler.handle)

    [result] = await results_of(batcher, database, "a")

    assert isinstance(result, str)
    assert handler.batches == [["a"]] * TRIES_MAX
    assert await written(database) == ["a"]


@pytest.mark.parametrize("kind", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError])
async def test_what_does_not_pass_is_told_to_all_after_so_many_tries(
    database: Database, kind: type[Exception]
) -> None:
    handler = Handler(*(kind("again") for _ in range(TRIES_MAX)))
    handler.gate.clear()
    batcher = Batcher(handler.handle)
    calls = [asyncio.create_task(batcher.submit(database, text)) for text in "abc"]
    await asyncio.sleep(0.05)
    handler.gate.set()

    results = await asyncio.gather(*calls, return_exceptions=True)

    tried = handler.batches[0]
    failed = [text for text, result in zip("abc", results, strict=True) if isinstance(result, kind)]
    assert handler.batches[:TRIES_MAX] == [tried] * TRIES_MAX
    assert failed == tried
    assert await written(database) == sorted({*"abc"} - {*tried})


async def test_a_bug_is_not_tried_again_for_the_one_it_belongs_to(database: Database) -> None:
    handler = Handler()
    batcher = Batcher(handler.handle)

    [result] = await results_of(batcher, database, "break")

    assert isinstance(result, RuntimeError)
    assert handler.batches == [["break"]]


async def test_without_a_database_whoever_asks_is_told(database: Database) -> None:
    handler = Handler()
    batcher = Batcher(handler.handle)
    await database.pool.close()

    results = await asyncio.wait_for(results_of(batcher, database, "a", "b"), 10)

    assert all(isinstance(result, asyncpg.InterfaceError) for result in results)
