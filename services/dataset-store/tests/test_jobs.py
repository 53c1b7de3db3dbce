"""Jobs with a real database: claimed once, restarted after a kill, cancelled, repeated."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from fastapi import FastAPI

from chassis import testing
from chassis.db.database import Database, Transaction, create_pool
from chassis.jobs import jobs
from chassis.jobs.jobs import Job, NewJob, Outcome, Progress
from chassis.jobs.routes import REFUSALS, wait_seconds
from chassis.jobs.runner import JobRunner
from dataset_store_service.settings import Settings

# A process that begins the job and is killed before it ends.
ENDLESS = """
import asyncio, sys
from chassis.jobs import jobs
from chassis.db.database import Database, create_pool
from chassis.jobs.runner import JobRunner
from dataset_store_service.settings import Settings

jobs.CLAIM_SECONDS = 2

async def endless(transaction, asked, progress):
    await (await transaction.connection()).execute("INSERT INTO payloads VALUES ('lost', '{}')")
    print("begun", flush=True)
    await asyncio.sleep(600)

async def main():
    settings = Settings.model_validate_json(sys.argv[1])
    database = Database(await create_pool(settings), "dataset-store")
    await JobRunner({"count": endless}, {}).run(database)

asyncio.run(main())
"""


class TooLarge(Exception):
    """The request is larger than what exists."""


class CountingHandler:
    """A job handler that counts its calls, and waits until `may_finish` is set."""

    def __init__(self) -> None:
        self.calls = 0
        self.may_finish = asyncio.Event()
        self.may_finish.set()

    async def __call__(
        self, _: Transaction, request: dict[str, Any], progress: Progress
    ) -> Outcome:
        self.calls += 1
        progress.done, progress.total, progress.unit = 1, 2, "items"
        if "error" in request:
            raise (
                TooLarge("Ask for less.") if request["error"] == "refused" else RuntimeError("bug")
            )
        await self.may_finish.wait()
        return Outcome({"counted": request["n"]})


@pytest.fixture
async def database(app: FastAPI) -> AsyncIterator[Database]:
    pool = await create_pool(app.state.settings)
    yield Database(pool, "dataset-store")
    await pool.close()


async def add_job(database: Database, key: str | None = None, **request: Any) -> UUID:
    async with database.transaction() as transaction:
        return (await jobs.add(transaction, NewJob("count", "p", request, key))).job_id


async def found(database: Database, job_id: UUID) -> Job:
    async with database.transaction() as transaction:
        job = await jobs.find(transaction, job_id)
    assert job is not None
    return job


async def test_two_replicas_claim_a_job_once(database: Database) -> None:
    work = CountingHandler()
    ids = [await add_job(database, n=n) for n in range(5)]
    replicas = [JobRunner({"count": work}, {}) for _ in range(2)]

    await asyncio.gather(*(replica.run_one(database, id_) for replica in replicas for id_ in ids))

    assert work.calls == 5
    ended = [await found(database, id_) for id_ in ids]
    assert [(job.state, job.result) for job in ended] == [
        ("done", {"counted": n}) for n in range(5)
    ]


def settings_json(settings: Settings) -> str:
    """Return the settings as JSON, with the secrets that `model_dump_json` masks."""
    secrets = {
        "database_url": settings.database_url,
        "pseudonym_key": settings.pseudonym_key.get_secret_value(),
    }
    return orjson.dumps(settings.model_dump(mode="json") | secrets).decode()


async def test_a_job_survives_kill_9_and_has_its_effect_once(
    app: FastAPI, database: Database
) -> None:
    job_id = await add_job(database, n=1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ENDLESS, settings_json(app.state.settings),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 30) == b"begun\n"
    runner, work = JobRunner({}, {}), CountingHandler()

    held = await runner.run_one(database, job_id)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    successor = asyncio.create_task(JobRunner({"count": work}, {}).run(database))
    for _ in range(150):
        if (await found(database, job_id)).state == "done":
            break
        await asyncio.sleep(0.1)
    successor.cancel()

    job = await found(database, job_id)
    assert not held
    assert (job.state, job.result, work.calls) == ("done", {"counted": 1}, 1)
    async with database.transaction() as transaction:
        rest = await (await transaction.connection()).fetchval("SELECT count(*) FROM payloads")
    assert rest == 0


async def test_a_cancelled_job_stops_and_has_no_effect(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.jobs.runner.HEARTBEAT_SECONDS", 0.05)
    work = CountingHandler()
    work.may_finish.clear()
    job_id = await add_job(database, n=1)
    running = JobRunner({"count": work}, {}).start(database, job_id)
    for _ in range(100):
        if (await found(database, job_id)).total == 2:
            break
        await asyncio.sleep(0.05)
    status = await found(database, job_id)

    async with database.transaction() as transaction:
        await jobs.cancel(transaction, job_id)
    await asyncio.wait_for(running, 10)

    job = await found(database, job_id)
    assert (status.state, status.done, status.total, status.unit) == ("running", 1, 2, "items")
    assert (job.state, job.result) == ("cancelled", None)


async def test_the_same_key_gives_the_same_job_and_another_request_is_refused(
    database: Database,
) -> None:
    first = await add_job(database, "k", n=1)

    assert await add_job(database, "k", n=1) == first
    assert await add_job(database, n=1) != first
    with pytest.raises(jobs.KeyReused, match="was sent with another request"):
        await add_job(database, "k", n=2)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [("refused", 409, "urn:problem:too-large"), ("bug", 500, "urn:problem:internal")],
)
async def test_a_failed_job_has_a_problem(
    database: Database, error: str, status: int, kind: str
) -> None:
    job_id = await add_job(database, error=error)

    await JobRunner({"count": CountingHandler()}, {**REFUSALS, TooLarge: 409}).run_one(
        database, job_id
    )

    job = await found(database, job_id)
    assert job.state == "failed"
    assert job.problem is not None
    assert (job.problem["status"], job.problem["type"]) == (status, kind)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, 10), ("wait=0", 0), ("respond-async, wait=7", 7), ("wait=31", 30), ("await=3", 10)],
)
def test_prefer_says_how_long_to_wait(header: str | None, seconds: int) -> None:
    assert wait_seconds(header) == seconds


async def test_publishing_waits_no_longer_than_the_request_prefers(
    store: Any, app: FastAPI, tokens: testing.Tokens
) -> None:
    work = CountingHandler()
    work.may_finish.clear()
    app.state.job_runner = JobRunner({"publish": _publishing(work)}, REFUSALS)
    headers = {"prefer": "wait=0", "idempotency-key": "once"}

    async def post() -> Any:
        bearer = tokens.bearer("tim", "trainer")
        url, body = "/v1/datasets/d/versions", {"project": "p"}
        return await store.http.post(url, json=body, headers={**bearer, **headers})

    first, second = await post(), await post()
    url = first.json()["url"]
    mine, other = tokens.bearer("tim", "trainer"), tokens.bearer("eve", "trainer", projects=["q"])
    foreign = await store.http.get(url, headers=other)
    absent = await store.http.get(f"/v1/jobs/{uuid4()}", headers=mine)
    work.may_finish.set()
    headers["prefer"] = "wait=10"
    third = await post()
    status = await store.http.get(url, headers=mine)
    cancelled = await store.http.delete(url, headers=mine)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert (third.status_code, third.json()) == (201, {"counted": "p"})
    assert status.status_code == 200, status.text
    assert set(status.json()) == {
        "job_id", "kind", "project", "state", "done", "total", "unit", "result", "problem",
        "created_at",
    }  # fmt: skip
    assert (status.json()["state"], work.calls) == ("done", 1)
    assert cancelled.json()["state"] == "done"


def _publishing(work: CountingHandler) -> Any:
    async def run(transaction: Transaction, request: dict[str, Any], progress: Progress) -> Outcome:
        return await work(transaction, {"n": request["request"]["project"]}, progress)

    return run
