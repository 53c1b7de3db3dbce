"""Operation of a service: metrics, readiness, traces, and recovery from outages."""

import asyncio
import errno
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from fastapi import APIRouter, FastAPI
from pydantic_settings import SettingsConfigDict
from sqlalchemy.ext.asyncio import create_async_engine
from topics_of_tests import create_topics

from chassis import service, testing
from chassis.db.database import Database, RequestTransaction, is_transient, metadata
from chassis.events.outbox import add
from chassis.settings import ServiceSettings
from labelwright_local import ports
from schemas.envelope import Event, Topic

READ_ONLY = "default_transaction_read_only"


class Settings(ServiceSettings):
    """Settings of the service under test."""

    model_config = SettingsConfigDict(env_prefix="OPERATED_", frozen=True)
    service: ClassVar[str] = "operated"


class Noted(Event):
    """An event of these tests."""

    topic = Topic("noted", timedelta(days=1))
    keyed_by = "text"

    text: str


Running = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
async def url(fresh_database: Any) -> str:
    """Return the address of a database with the tables of the chassis."""
    address: str = fresh_database()
    engine = create_async_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
    return address


@pytest.fixture
def running(tokens: testing.Tokens, kafka_server: Any, url: str) -> Running:
    """Return a context that runs a service with all its parts and yields a client of its API."""

    @asynccontextmanager
    async def run(**more: Any) -> AsyncIterator[httpx.AsyncClient]:
        servers = {"database_url": url, "kafka_bootstrap": kafka_server.bootstrap}
        values = {**servers, **more}
        if "topic_prefix" not in more and kafka_server.kafka.accepts():
            values["topic_prefix"] = await create_topics(kafka_server)
        app: FastAPI = service.create(
            testing.settings(Settings, tokens, **values), router=APIRouter(), refusals={}
        )
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as http,
        ):
            http.app = app  # type: ignore[attr-defined]
            yield http

    return run


# --- metrics


async def test_metrics_are_answered_at_a_port_of_their_own_and_not_at_the_apis(
    running: Running,
) -> None:
    (port,) = ports.some_free(1)

    async with running(metrics_port=port) as api, httpx.AsyncClient() as anybody:
        at_the_api = await api.get("/metrics")
        own = await anybody.get(f"http://127.0.0.1:{port}/metrics")

    assert at_the_api.status_code == 404
    assert own.status_code == 200
    assert "labelwright_http_request_seconds_count" in own.text


async def test_a_service_that_has_stopped_leaves_the_port_of_its_metrics(running: Running) -> None:
    (port,) = ports.some_free(1)

    async with running(metrics_port=port):
        assert not ports.is_free(port)

    assert ports.is_free(port)


# --- readiness


async def say(http: Any, count: int) -> None:
    """Add `count` events to the outbox."""
    database: Database = http.app.state.database
    events = [
        Noted(occurred_at=datetime(2026, 1, 1, tzinfo=UTC), project="secret-project", text=f"{n}")
        for n in range(count)
    ]
    async with database.transaction() as transaction:
        await add(transaction, *events)


async def test_a_service_without_its_broker_starts_and_is_ready_while_its_outbox_can_hold(
    running: Running,
) -> None:
    async with running(kafka_bootstrap="127.0.0.1:1", outbox_rows_max=3) as api:
        empty = await api.get("/health/ready")
        await say(api, 2)
        filling = await api.get("/health/ready")
        await say(api, 1)
        full = await api.get("/health/ready")

    assert (empty.status_code, empty.json()["status"]) == (200, "ready")
    assert filling.status_code == 200
    assert filling.json()["counts"]["outbox_rows"] == 2
    assert "broker" in filling.json()
    assert (full.status_code, full.json()["status"]) == (503, "unready")


async def test_readiness_answers_at_once_while_the_broker_hangs(
    running: Running, kafka_server: Any
) -> None:
    async with running() as api:
        await until_ready(api)
        with frozen(kafka_server.pid):
            started = time.monotonic()
            hanging = await api.get("/health/ready")
            seconds = time.monotonic() - started
        await until_ready(api)

    assert hanging.status_code == 200, hanging.text
    assert hanging.json()["broker"]
    assert seconds < 2


async def test_without_its_database_a_service_is_not_ready(running: Running) -> None:
    async with running(database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none") as api:
        answer = await api.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["database"]


async def test_readiness_has_counts_and_no_name_of_a_project(running: Running) -> None:
    async with running(kafka_bootstrap="127.0.0.1:1") as api:
        api.app.state.health_counts["failing_projects"] = 2  # type: ignore[attr-defined]
        await say(api, 1)

        answer = await api.get("/health/ready")

    assert answer.json()["counts"] == {"failing_projects": 2, "outbox_rows": 1}
    assert "secret" not in answer.text


async def test_an_outbox_filled_without_a_broker_is_sent_once_that_is_there(
    running: Running, kafka_server: Any
) -> None:
    prefix = await made_topic(kafka_server)
    kafka_server.stop()
    try:
        async with running(topic_prefix=prefix) as api:
            await say(api, 3)
            kafka_server.start()
            await until_ready(api, rows=0)
    finally:
        if not kafka_server.kafka.accepts():
            kafka_server.start()


# --- the consumer group


async def test_a_service_that_was_killed_consumes_again_within_four_seconds(
    kafka_server: Any,
) -> None:
    prefix = await made_topic(kafka_server)
    async with producing(kafka_server) as producer:
        first = await started_member(kafka_server, prefix)
        await producer.send_and_wait(prefix + "noted", b"before")
        assert await line_of(first) == "before"
        first.kill()
        await first.wait()
        second = await started_member(kafka_server, prefix)
        started = time.monotonic()
        try:
            await producer.send_and_wait(prefix + "noted", b"after")
            while await line_of(second) != "after":
                pass
            seconds = time.monotonic() - started
        finally:
            second.kill()
            await second.wait()

    assert seconds < 4


@asynccontextmanager
async def producing(kafka_server: Any) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka_server.bootstrap)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def started_member(kafka_server: Any, prefix: str) -> asyncio.subprocess.Process:
    """Start a process that consumes; return it when it begins to connect."""
    words = [str(Path(__file__).with_name("group_member.py")), kafka_server.bootstrap, prefix, "1"]
    member = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=asyncio.subprocess.PIPE
    )
    assert await line_of(member) == "started"
    return member


async def line_of(member: asyncio.subprocess.Process) -> str:
    assert member.stdout is not None
    async with asyncio.timeout(30):
        return (await member.stdout.readline()).decode().strip()


async def made_topic(kafka_server: Any) -> str:
    """Create the topic of `Noted`; return its prefix."""
    return await create_topics(kafka_server, Noted.topic.name)


async def until_ready(http: httpx.AsyncClient, rows: int | None = None) -> None:
    """Return when the service has no fault and, if `rows` is set, its outbox has this many rows."""
    async with asyncio.timeout(60):
        while True:
            body = (await http.get("/health/ready")).json()
            waiting = body["counts"].get("outbox_rows")
            if set(body) == {"status", "counts"} and rows in (None, waiting):
                return
            await asyncio.sleep(0.05)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process, which then keeps its connections and does not answer."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


# --- a full disk


@pytest.mark.parametrize(
    "error", [asyncpg.DiskFullError("no room"), OSError(errno.ENOSPC, "no room")]
)
async def test_a_full_disk_is_said_as_507_in_plain_words(
    tokens: testing.Tokens, error: Exception
) -> None:
    router = APIRouter()

    @router.put("/kept")
    async def keep() -> None:
        raise error

    app = service.create(testing.settings(Settings, tokens, ""), router=router, refusals={})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.put("/kept")

    assert answer.status_code == 507
    assert answer.json()["type"] == "urn:problem:disk-full"
    assert answer.json()["title"] == "The disk is full"


async def test_with_a_read_only_database_writes_are_refused_and_the_service_says_so_and_is_ready(
    tokens: testing.Tokens, url: str
) -> None:
    router = APIRouter()

    @router.put("/kept")
    async def keep(transaction: RequestTransaction) -> None:
        await (await transaction.connection()).execute("CREATE TABLE kept ()")

    settings = testing.settings(Settings, tokens, url)
    app = service.create(settings, router=router, refusals={})
    admin = await asyncpg.connect(url.replace("+asyncpg", ""))
    await admin.execute(f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET {READ_ONLY} = on")
    await admin.close()
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as http,
    ):
        refused = await http.put("/kept")
        ready = await http.get("/health/ready")

    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:problem:read-only"
    assert "disk is full" in refused.json()["detail"]
    assert ready.status_code == 200
    assert "read-only" in ready.json()["writes"]


@pytest.mark.parametrize("kind", [asyncpg.DiskFullError, asyncpg.exceptions.OutOfMemoryError])
def test_jobs_relay_and_consumer_try_again_when_the_database_has_no_room(
    kind: type[Exception],
) -> None:
    assert is_transient(kind("no room"))
    assert not is_transient(asyncpg.exceptions.ProgramLimitExceededError("too many columns"))


# --- traces


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        (f"00-{'a1' * 16}-{'b2' * 8}-01", True),
        (f"00-{'0' * 32}-{'b2' * 8}-01", False),
        ("x" * 55, False),
        ("", False),
    ],
)
async def test_a_trace_is_given_back_and_named_in_every_problem_and_a_malformed_one_is_replaced(
    tokens: testing.Tokens, sent: str, is_kept: bool
) -> None:
    app = service.create(testing.settings(Settings, tokens, ""), router=APIRouter(), refusals={})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.get("/nowhere", headers={"traceparent": sent})

    returned = answer.headers["traceparent"]
    assert (returned == sent) is is_kept
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", returned)
    assert answer.json()["trace_id"] == returned[3:35]
