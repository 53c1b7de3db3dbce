"""Many requests in one transaction, against a real PostgreSQL: each as if it were alone."""

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

# What is written twice is found out at the commit, not before.
TABLE = "CREATE TABLE written (text text UNIQUE DEFERRABLE INITIALLY DEFERRED)"
CUT = "SELECT pg_terminate_backend(pg_backend_pid())"


class Settings(ServiceSettings):
    """Settings of the toy service."""

    model_config = SettingsConfigDict(env_prefix="TOY_", frozen=True)
    service: ClassVar[str] = "toy"


class Refused(Exception):
    """Not this one."""


class Clerk:
    """Writes each request down and answers with the transaction that it did so in.

    `refuse` is answered with an exception, `break` breaks the call that it is part of.
    """

    def __init__(self, *troubles: Exception) -> None:
        self.batches: list[list[str]] = []
        self.troubles = list(troubles)
        self.door = asyncio.Event()
        self.door.set()
        self.cut = 0

    async def handle(
        self, transaction: Transaction, requests: Sequence[str]
    ) -> list[str | Exception]:
        self.batches.append(list(requests))
        await self.door.wait()
        connection = await transaction.connection()
        for text in requests:
            await connection.execute("INSERT INTO written VALUES ($1)", text)
        if self.cut:
            self.cut -= 1
            await connection.execute(CUT)
        if self.troubles:
            raise self.troubles.pop(0)
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


async def asked(
    batcher: Batcher[str, str], database: Database, *requests: str
) -> list[str | BaseException]:
    """The answers to these, asked in this order at once."""
    calls = [batcher.ask(database, request) for request in requests]
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_what_comes_in_at_once_shares_a_transaction(database: Database) -> None:
    clerk = Clerk()
    batcher = Batcher(clerk.handle)

    answers = await asked(batcher, database, *"abcdef")
    later = await asked(batcher, database, "g")

    assert clerk.batches == [list("abcdef"), ["g"]]
    assert (len(set(answers)), len({*answers, *later})) == (1, 2)
    assert await written(database) == list("abcdefg")


async def test_an_idle_batcher_waits_for_nobody_and_a_busy_one_takes_all(
    database: Database,
) -> None:
    clerk = Clerk()
    clerk.door.clear()
    batcher = Batcher(clerk.handle)
    first = asyncio.create_task(batcher.ask(database, "first"))
    await asyncio.sleep(0.05)
    rest = [asyncio.create_task(batcher.ask(database, text)) for text in "abc"]
    await asyncio.sleep(0.05)
    alone = list(clerk.batches)

    clerk.door.set()
    await asyncio.gather(first, *rest)

    assert alone == [["first"]]
    assert clerk.batches == [["first"], ["a", "b", "c"]]


async def test_a_batch_is_not_larger_than_it_may_be(database: Database) -> None:
    clerk = Clerk()
    batcher = Batcher(clerk.handle)

    await asked(batcher, database, *(f"{n:03}" for n in range(3 * SIZE_MAX)))

    assert max(map(len, clerk.batches)) == SIZE_MAX
    assert sum(clerk.batches, []) == [f"{n:03}" for n in range(3 * SIZE_MAX)]  # noqa: RUF017


async def test_whoever_has_its_answer_finds_it_committed(database: Database) -> None:
    clerk = Clerk()
    batcher = Batcher(clerk.handle)

    async def ask(text: str) -> bool:
        await batcher.ask(database, text)
        return text in await written(database)

    assert all(await asyncio.gather(*(ask(str(n)) for n in range(100))))


async def test_whoever_is_told_nothing_before_the_commit_hears_when_it_fails(
    database: Database,
) -> None:
    """Both are written in vain; then each is tried on its own, and one of them is too much."""
    clerk = Clerk()
    batcher = Batcher(clerk.handle, key=lambda _: object())

    first, _, again, other = await asked(batcher, database, "first", "same", "same", "other")

    assert isinstance(first, str)
    assert isinstance(other, str)
    assert isinstance(again, asyncpg.UniqueViolationError)
    assert await written(database) == ["first", "other", "same"]


async def test_a_request_that_breaks_does_not_fail_the_others(database: Database) -> None:
    clerk = Clerk()
    batcher = Batcher(clerk.handle)

    answers = await asked(batcher, database, "a", "b", "break", "c", "break too", "d")

    broken = [isinstance(answer, RuntimeError) for answer in answers]
    assert broken == [False, False, True, False, True, False]
    assert await written(database) == ["a", "b", "c", "d"]


async def test_a_refusal_reaches_its_asker_alone_and_costs_the_others_nothing(
    database: Database,
) -> None:
    clerk = Clerk()
    batcher = Batcher(clerk.handle)

    answers = await asked(batcher, database, "a", "b", "refuse", "c", "refuse too")

    refused = [str(answer) for answer in answers if isinstance(answer, Refused)]
    assert refused == ["refuse", "refuse too"]
    assert sum(map(len, clerk.batches)) == 5
    assert len(set(answers) - {answers[2], answers[4]}) == len(clerk.batches)


async def test_two_requests_of_one_key_never_share_a_batch(database: Database) -> None:
    clerk = Clerk()
    clerk.door.clear()
    batcher = Batcher(clerk.handle, key=lambda text: text[0])
    calls = [asyncio.create_task(batcher.ask(database, "x"))]
    await asyncio.sleep(0.05)
    texts = ["a1", "b1", "a2", "c1", "b2", "a3"]
    calls += [asyncio.create_task(batcher.ask(database, text)) for text in texts]
    await asyncio.sleep(0.05)

    clerk.door.set()
    await asyncio.gather(*calls)

    assert clerk.batches == [["x"], ["a1", "b1", "c1"], ["a2", "b2"], ["a3"]]


async def test_an_asker_who_goes_before_its_turn_is_left_out(database: Database) -> None:
    clerk = Clerk()
    clerk.door.clear()
    batcher = Batcher(clerk.handle)
    calls = [asyncio.create_task(batcher.ask(database, "first"))]
    await asyncio.sleep(0.05)
    calls += [asyncio.create_task(batcher.ask(database, text)) for text in "abc"]
    await asyncio.sleep(0.05)

    calls[2].cancel()
    await asyncio.sleep(0)
    clerk.door.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)

    assert [isinstance(one, asyncio.CancelledError) for one in answers] == [False] * 2 + [
        True,
        False,
    ]
    assert clerk.batches == [["first"], ["a", "c"]]


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_an_asker_who_goes_while_it_is_served_does_not_hurt(
    database: Database, gone: int
) -> None:
    """Not even the one that was first to ask: the work goes on for all."""
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    clerk = Clerk()
    clerk.door.clear()
    batcher = Batcher(clerk.handle)
    calls = [asyncio.create_task(batcher.ask(database, one)) for one in ("a", "refuse", "b")]
    await asyncio.sleep(0.05)
    assert clerk.batches == [["a", "refuse", "b"]]

    calls[gone].cancel()
    await asyncio.sleep(0)
    clerk.door.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    asyncio.get_running_loop().set_exception_handler(None)

    assert isinstance(answers[gone], asyncio.CancelledError)
    assert [isinstance(answers[n], str) for n in (0, 2) if n != gone] == [True] * (1 + (gone == 1))
    assert await batcher.ask(database, "later")
    assert complaints == []


async def test_a_batch_that_nobody_waits_for_any_more_is_not_begun(database: Database) -> None:
    clerk = Clerk()
    clerk.door.clear()
    batcher = Batcher(clerk.handle)
    calls = [asyncio.create_task(batcher.ask(database, text)) for text in ("first", "a", "b")]
    await asyncio.sleep(0.05)
    before = len(clerk.batches[0])
    for call in calls[before:]:
        call.cancel()

    clerk.door.set()
    await asyncio.gather(*calls, return_exceptions=True)

    assert len(clerk.batches) == 1
    assert await batcher.ask(database, "later")


async def test_a_lost_connection_is_nobodys_fault_and_tried_again(database: Database) -> None:
    clerk = Clerk()
    clerk.cut = TRIES_MAX - 1
    batcher = Batcher(clerk.handle)

    [answer] = await asked(batcher, database, "a")

    assert isinstance(answer, str)
    assert clerk.batches == [["a"]] * TRIES_MAX
    assert await written(database) == ["a"]


@pytest.mark.parametrize("kind", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError])
async def test_what_does_not_pass_is_told_to_all_after_so_many_tries(
    database: Database, kind: type[Exception]
) -> None:
    clerk = Clerk(*(kind("again") for _ in range(TRIES_MAX)))
    clerk.door.clear()
    batcher = Batcher(clerk.handle)
    calls = [asyncio.create_task(batcher.ask(database, text)) for text in "abc"]
    await asyncio.sleep(0.05)
    clerk.door.set()

    answers = await asyncio.gather(*calls, return_exceptions=True)

    tried = clerk.batches[0]
    failed = [text for text, answer in zip("abc", answers, strict=True) if isinstance(answer, kind)]
    assert clerk.batches[:TRIES_MAX] == [tried] * TRIES_MAX
    assert failed == tried
    assert await written(database) == sorted({*"abc"} - {*tried})


async def test_a_bug_is_not_tried_again_for_the_one_it_belongs_to(database: Database) -> None:
    clerk = Clerk()
    batcher = Batcher(clerk.handle)

    [answer] = await asked(batcher, database, "break")

    assert isinstance(answer, RuntimeError)
    assert clerk.batches == [["break"]]


async def test_without_a_database_whoever_asks_is_told(database: Database) -> None:
    clerk = Clerk()
    batcher = Batcher(clerk.handle)
    await database.pool.close()

    answers = await asyncio.wait_for(asked(batcher, database, "a", "b"), 10)

    assert all(isinstance(answer, asyncpg.InterfaceError) for answer in answers)
