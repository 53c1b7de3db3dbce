"""Transactions that run again after a deadlock, against a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import asyncpg
import httpx
import pytest
from fastapi import APIRouter
from prometheus_client import REGISTRY
from pydantic_settings import SettingsConfigDict

from chassis import service, testing
from chassis.db.database import Database, Transaction, create_pool
from chassis.db.retries import TRIES_MAX, retry
from chassis.http.json_body import JsonRoute
from chassis.settings import ServiceSettings
from queue_service.batcher import Again, Batcher

TABLE = "CREATE TABLE rows (n int); INSERT INTO rows VALUES (1), (2)"
_LOCK = "SELECT n FROM rows WHERE n = $1 FOR UPDATE"


class Settings(ServiceSettings):
    """Settings of the toy service."""

    model_config = SettingsConfigDict(env_prefix="TOY_", frozen=True)
    service: ClassVar[str] = "toy"


@pytest.fixture
async def database(fresh_database: Any, tokens: testing.Tokens) -> AsyncIterator[Database]:
    pool = await create_pool(testing.settings(Settings, tokens, fresh_database()))
    await pool.execute(TABLE)
    yield Database(pool, "toy")
    await pool.close()


def _retried(sqlstate: str) -> float:
    labels = {"sqlstate": sqlstate, "ran": "request"}
    return REGISTRY.get_sample_value("labelwright_transaction_retries_total", labels) or 0.0


async def test_of_two_transactions_in_a_deadlock_the_victim_runs_again_and_is_counted(
    database: Database,
) -> None:
    before = _retried("40P01")
    meeting = asyncio.Barrier(2)
    tries = []

    async def lock(transaction: Transaction, first: int) -> int:
        tries.append(first)
        connection = await transaction.connection()
        await connection.execute(_LOCK, first)
        if len(tries) <= 2:
            await meeting.wait()
        await connection.execute(_LOCK, 3 - first)
        return first

    async def run(first: int) -> int:
        return await retry(database, lambda transaction: lock(transaction, first))

    assert await asyncio.gather(run(1), run(2)) == [1, 2]
    assert len(tries) == 3
    assert _retried("40P01") == before + 1


async def test_what_fails_for_good_is_tried_once(database: Database) -> None:
    tries = []

    async def fail(transaction: Transaction) -> None:
        tries.append(transaction)
        await (await transaction.connection()).execute("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await retry(database, fail)
    assert len(tries) == 1


async def test_a_deadlock_at_every_try_is_raised(database: Database) -> None:
    tries = []

    async def fail(transaction: Transaction) -> None:
        tries.append(transaction)
        raise asyncpg.DeadlockDetectedError("deadlock detected")

    with pytest.raises(asyncpg.DeadlockDetectedError):
        await retry(database, fail)
    assert len(tries) == TRIES_MAX


async def test_a_deadlock_is_not_reported_as_a_database_that_is_away(
    fresh_database: Any, tokens: testing.Tokens
) -> None:
    router = APIRouter(route_class=JsonRoute)

    @router.post("/deadlock")
    async def deadlock() -> None:
        raise asyncpg.DeadlockDetectedError("deadlock detected")

    own = testing.settings(Settings, tokens, fresh_database())
    app = service.create(own, router=router, refusals={})
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.post("/deadlock")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "urn:problem:conflicting-changes"
    assert "away" not in answer.text


async def test_a_request_that_is_put_off_is_answered_in_a_later_transaction(
    database: Database,
) -> None:
    transactions: list[int] = []

    async def handle(transaction: Transaction, requests: Any) -> list[Any]:
        connection = await transaction.connection()
        transactions.append(await connection.fetchval("SELECT pg_current_xact_id()::text::int"))
        return [Again(n + 1) if n < 2 else n for n in requests]

    batcher: Batcher[int, int] = Batcher(handle)

    assert await batcher.submit(database, 0) == 2
    assert len(set(transactions)) == 3
