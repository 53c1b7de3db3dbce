"""Periodic work: a failure is counted and tried again later, and delays no other work."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from pydantic_settings import SettingsConfigDict

from chassis import testing
from chassis.db.database import Database, Transaction, create_pool
from chassis.schedules import FAILING, FAILURES, ProjectSchedule, Runner, Schedule
from chassis.settings import ServiceSettings

OFTEN = timedelta(seconds=0.01)


class Settings(ServiceSettings):
    """Settings of the toy service."""

    model_config = SettingsConfigDict(env_prefix="TOY_", frozen=True)
    service: ClassVar[str] = "toy"


@pytest.fixture
async def database(fresh_database: Any, tokens: testing.Tokens) -> AsyncIterator[Database]:
    pool = await create_pool(testing.settings(Settings, tokens, fresh_database()))
    await pool.execute("CREATE TABLE runs (project text)")
    yield Database(pool, "toy")
    await pool.close()


async def runs(database: Database) -> list[str]:
    return [row["project"] for row in await database.pool.fetch("SELECT project FROM runs")]


async def note(transaction: Transaction, project: str) -> None:
    await (await transaction.connection()).execute("INSERT INTO runs VALUES ($1)", project)


async def three(_session: Transaction) -> Sequence[str]:
    return ["a", "bad", "c"]


async def test_a_project_that_fails_is_rolled_back_and_the_others_are_done(
    database: Database,
) -> None:
    async def work(transaction: Transaction, project: str) -> None:
        await note(transaction, project)
        if project == "bad":
            raise ValueError("tuple.index(x): x not in tuple")

    failed, counts = FAILURES.labels("work"), dict[str, int]()
    before = failed._value.get()
    await Runner(ProjectSchedule(OFTEN, three, work), database, counts).run_once()

    assert await runs(database) == ["a", "c"]
    assert failed._value.get() == before + 1
    assert counts == {FAILING: 1}


async def test_a_project_that_fails_is_tried_less_and_less_often_until_it_works(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, is_broken, tried = 0.0, True, []

    async def work(_session: Transaction, project: str) -> None:
        if project == "bad":
            tried.append(now)
            if is_broken:
                raise ValueError

    monkeypatch.setattr("chassis.schedules.time.monotonic", lambda: now)
    counts: dict[str, int] = {}
    runner = Runner(ProjectSchedule(timedelta(seconds=1), three, work), database, counts)
    while now < 40:
        await runner.run_once()
        now += 1
    assert tried == [0, 2, 6, 14, 30]
    assert counts == {FAILING: 1}

    is_broken, now = False, 100.0
    await runner.run_once()
    await runner.run_once()
    assert tried[5:] == [100, 100]
    assert counts == {FAILING: 0}


async def test_a_schedule_without_projects_that_fails_does_not_end_the_process(
    database: Database,
) -> None:
    tried = 0

    async def work(_session: Transaction) -> None:
        nonlocal tried
        tried += 1
        raise KeyError("active_ms")

    task = asyncio.create_task(Runner(Schedule(OFTEN, work), database).run())
    while tried < 2:
        await asyncio.sleep(0.01)

    assert not task.done()
    task.cancel()


async def test_a_failing_look_for_due_projects_is_counted_and_tried_again(
    database: Database,
) -> None:
    async def due(_session: Transaction) -> Sequence[str]:
        raise ValueError

    async def found_nothing(_session: Transaction, _project: str) -> None: ...

    before = FAILURES.labels("found_nothing")._value.get()
    await Runner(ProjectSchedule(OFTEN, due, found_nothing), database).run_once()

    assert FAILURES.labels("found_nothing")._value.get() == before + 1


async def test_replicas_never_run_one_project_at_the_same_time(database: Database) -> None:
    running: set[str] = set()
    both = []

    async def work(transaction: Transaction, project: str) -> None:
        both.append(project in running)
        running.add(project)
        await note(transaction, project)
        await asyncio.sleep(0.05)
        running.discard(project)

    replicas = [Runner(ProjectSchedule(OFTEN, three, work), database) for _ in range(3)]
    await asyncio.gather(*(one.run_once() for one in replicas))

    assert sorted(set(await runs(database))) == ["a", "bad", "c"]
    assert not any(both)
