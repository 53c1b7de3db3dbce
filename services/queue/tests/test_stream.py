"""Tests of the event stream, against a real PostgreSQL and, for its end, a real server."""

import asyncio
import gc
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from chassis import migrations, service, testing
from chassis.clock import utc_now
from chassis.db.database import Database, Transaction
from labelwright_local import topics
from labelwright_local.testing import run_in_new_loop
from queue_service import stream
from queue_service.events import SUBSCRIPTIONS
from queue_service.notify import pg_notify
from queue_service.notify.notifier import Notifier
from queue_service.operations import notifications
from queue_service.settings import Settings
from schemas.events import AnnotatorStandingChanged
from schemas.topics import TOKENS
from schemas.vocabulary import Accuracy

PAGES = 30
PROJECTS = "INSERT INTO projects (project, newest_version) VALUES ('p', 1), ('q', 7), ('r', 2)"
STANDING = "INSERT INTO annotators (annotator, project, standing) VALUES ($1, $2, $3)"

# The server as in production, but on a free port, which it prints.
SERVER = """
import socket, uvicorn
from fastapi import APIRouter
from chassis import service
from chassis.http.protocol import BoundedHttpProtocol
from queue_service import stream
from functools import partial
from queue_service.notify import pg_notify
from queue_service.operations.notifications import notifier
from queue_service.settings import Settings

def create():
    router = APIRouter(prefix="/v1")
    router.include_router(stream.router)
    settings = Settings()
    carry = partial(pg_notify.run, notifier, settings.database_url)
    return service.create(settings, router=router, refusals={}, tasks=[carry])

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(
    create, factory=True, loop="uvloop", http=BoundedHttpProtocol, log_level="warning"
)
uvicorn.Server(config).run(sockets=[listener])
"""


class Page:
    """An open page, which calls the application directly: httpx's transport waits for the end."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.ended = asyncio.Event()
        self.left = asyncio.Event()
        self._chunks: asyncio.Queue[str] = asyncio.Queue()
        self._rest = ""

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            return
        self._chunks.put_nowait(message.get("body", b"").decode())
        if not message.get("more_body"):
            self.ended.set()

    async def next(self) -> tuple[str, Any]:
        """Return the next event; a comment has no name."""
        async with asyncio.timeout(10):
            while "\n\n" not in self._rest:
                self._rest += await self._chunks.get()
        text, _, self._rest = self._rest.partition("\n\n")
        if text.startswith(":"):
            return "", None
        name, data = text.split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def nothing_comes(self) -> bool:
        await asyncio.sleep(0.05)
        return self._chunks.empty() and not self._rest


class Queue:
    """The stream on its own database."""

    def __init__(self, app: FastAPI, tokens: testing.Tokens) -> None:
        self.app, self.tokens = app, tokens
        self.database: Database = app.state.database

    @asynccontextmanager
    async def page(
        self, name: str = "ada", role: str = "annotator", **claims: Any
    ) -> AsyncIterator[Page]:
        bearer = self.tokens.bearer(name, role, **claims)["authorization"]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/v1/me/events",
            "raw_path": b"/v1/me/events",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"authorization", bearer.encode())],
        }
        page = Page()
        task = asyncio.create_task(self.app(scope, page.receive, page.send))
        try:
            yield page
        finally:
            page.left.set()
            await asyncio.wait_for(task, 10)

    def held(self) -> int:
        """Return the number of connections in use."""
        return int(self.database.pool.get_size() - self.database.pool.get_idle_size())


@pytest.fixture
async def url(fresh_database: Any) -> str:
    address: str = fresh_database()
    await asyncio.to_thread(migrations.upgrade, "queue_service", address)
    return address


@pytest.fixture
async def queue(url: str, tokens: testing.Tokens) -> AsyncIterator[Queue]:
    router = APIRouter(prefix="/v1")
    router.include_router(stream.router)
    settings = testing.settings(Settings, tokens, url, database_pool=2)
    carry = partial(pg_notify.run, notifications.notifier, settings.database_url)
    app = service.create(settings, router=router, refusals={}, tasks=[carry])
    async with testing.serving(app):
        queue = Queue(app, tokens)
        async with queue.database.transaction() as transaction:
            connection = await transaction.connection()
            await connection.execute(PROJECTS)
            await connection.execute(STANDING, tokens.pseudonym("ada"), "p", "good")
        yield queue


async def notify(queue: Queue, *calls: Any) -> None:
    """Send notifications in a transaction that commits."""
    async with queue.database.transaction() as transaction:
        await transaction.connection()
        for call in calls:
            call(transaction)


def spec(project: str, version: int) -> Any:
    return lambda transaction: notifications.notify_spec(transaction, project, version)


def standing(queue: Queue, name: str, project: str, value: Any) -> Any:
    who = queue.tokens.pseudonym(name)
    return lambda transaction: notifications.notify_standing(transaction, who, project, value)


# --- events


async def test_a_page_first_hears_what_holds_where_it_may_look(queue: Queue) -> None:
    async with queue.page(projects=["p", "q", "unheard-of"]) as page:
        event = await page.next()

    assert event == (
        "state",
        {
            "projects": [
                {"project": "p", "version": 1, "standing": "good"},
                {"project": "q", "version": 7, "standing": "good"},
            ]
        },
    )
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/event-stream")
    assert page.headers["cache-control"] == "no-store"


async def test_a_token_for_all_projects_hears_of_all(queue: Queue) -> None:
    async with queue.page() as page:
        _, state = await page.next()

    assert [one["project"] for one in state["projects"]] == ["p", "q", "r"]


async def test_spec_versions_are_told_to_whoever_may_see_the_project(queue: Queue) -> None:
    async with queue.page(projects=["p"]) as ada, queue.page("bob", projects=["q"]) as bob:
        await ada.next()
        await bob.next()
        await notify(queue, spec("q", 8), spec("p", 2))

        assert await ada.next() == ("spec", {"project": "p", "version": 2})
        assert await bob.next() == ("spec", {"project": "q", "version": 8})
        assert await ada.nothing_comes()
        assert await bob.nothing_comes()


@pytest.mark.parametrize("role", ["annotator", "reviewer", "adjudicator"])
async def test_standing_is_told_to_nobody_else(queue: Queue, role: str) -> None:
    async with queue.page("ada", role, projects=["p"]) as ada, queue.page("bob") as bob:
        await ada.next()
        await bob.next()
        await notify(
            queue,
            standing(queue, "bob", "p", "flagged"),
            standing(queue, "ada", "q", "flagged"),
            standing(queue, "ada", "p", "suspended"),
        )

        assert await ada.next() == ("standing", {"project": "p", "standing": "suspended"})
        assert await bob.next() == ("standing", {"project": "p", "standing": "flagged"})
        assert await ada.nothing_comes()
        assert await bob.nothing_comes()


async def test_annotators_are_told_of_a_suspension_and_its_end_only(queue: Queue) -> None:
    who = queue.tokens.pseudonym("ada")
    async with queue.page("ada", projects=["p"]) as page:
        await page.next()
        for standing in ("good", "flagged", "suspended", "flagged", "good"):
            event = AnnotatorStandingChanged(
                occurred_at=utc_now(),
                project="p",
                annotator=who,
                standing=standing,
                reason="by hand",
                accuracy=Accuracy(value=None, low=None, high=None, n=0),
            )
            await testing.deliver(queue.database, SUBSCRIPTIONS, event)

        assert await page.next() == ("standing", {"project": "p", "standing": "suspended"})
        assert await page.next() == ("standing", {"project": "p", "standing": "good"})
        assert await page.nothing_comes()


async def test_what_is_rolled_back_is_not_told(queue: Queue) -> None:
    async def fail(transaction: Transaction) -> None:
        await transaction.connection()
        notifications.notify_spec(transaction, "p", 2)
        notifications.notify_work(transaction)
        raise RuntimeError

    generation = notifications.work_available.generation
    async with queue.page() as page:
        await page.next()
        with pytest.raises(RuntimeError):
            async with queue.database.transaction() as transaction:
                await fail(transaction)
        await notify(queue, spec("p", 3))

        assert await page.next() == ("spec", {"project": "p", "version": 3})
        assert await page.nothing_comes()
    assert notifications.work_available.generation == generation


async def test_work_is_announced_once_a_transaction_and_only_to_who_waits_for_it(
    queue: Queue,
) -> None:
    generation = notifications.work_available.generation
    waiting = asyncio.create_task(notifications.work_available.wait(generation, 10))
    async with queue.page() as page:
        await page.next()
        await notify(queue, notifications.notify_work, notifications.notify_work)

        await asyncio.wait_for(waiting, 10)
        assert await page.nothing_comes()
    assert notifications.work_available.generation == generation + 1


async def test_who_may_have_missed_something_hears_again_what_holds(queue: Queue) -> None:
    async with queue.page(projects=["q"]) as page:
        await page.next()
        async with queue.database.transaction() as transaction:
            connection = await transaction.connection()
            await connection.execute("UPDATE projects SET newest_version = 8 WHERE project = 'q'")
            await connection.execute(STANDING, queue.tokens.pseudonym("ada"), "q", "suspended")
        notifications.notifier.resync()

        found = [{"project": "q", "version": 8, "standing": "suspended"}]
        assert await page.next() == ("state", {"projects": found})


# --- lifetime


async def test_no_connection_is_held_while_pages_are_open(queue: Queue) -> None:
    async with asyncio.TaskGroup() as group:
        seen: list[int] = []

        async def stay(n: int) -> None:
            async with queue.page(f"a{n}") as page:
                await page.next()
                opened.release()
                await page.next()
                await asyncio.wait_for(closing.wait(), 10)

        opened, closing = asyncio.Semaphore(0), asyncio.Event()
        for n in range(PAGES):
            group.create_task(stay(n))
        for _ in range(PAGES):
            await opened.acquire()
        seen.append(queue.held())
        await notify(queue, spec("p", 2))
        seen.append(queue.held())
        closing.set()

    assert seen == [0, 0]


async def test_a_silent_stream_shows_that_it_lives(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    async with queue.page() as page:
        assert (await page.next())[0] == "state"
        assert [await page.next() for _ in range(3)] == [("", None)] * 3


async def test_the_stream_ends_with_the_token(queue: Queue) -> None:
    expires_at = int(time.time()) + 2
    async with queue.page(exp=expires_at) as page:
        await page.next()
        assert not page.ended.is_set()
        await asyncio.wait_for(page.ended.wait(), 10)

    assert expires_at <= time.time() < expires_at + 5


async def test_who_leaves_in_the_midst_of_a_look_leaves_nothing_behind(queue: Queue) -> None:
    complaints: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    try:
        for n in range(40):
            async with queue.page() as page:
                await page.next()
                notifications.notifier.resync()
                await asyncio.sleep(n * 0.0001)
        async with asyncio.timeout(10):
            while queue.held():
                await asyncio.sleep(0.01)
    finally:
        loop.set_exception_handler(None)
    gc.collect()

    assert complaints == []
    assert len(notifications.notifier._subscribers) == 0


async def test_only_those_who_do_the_work_may_listen(queue: Queue) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(queue.app), base_url="http://test"
    ) as http:
        owner = queue.tokens.bearer("eve", "spec_owner")
        refused = await http.get("/v1/me/events", headers=owner)
        unknown = await http.get("/v1/me/events")
        document = (await http.get("/openapi.json")).json()

    assert (refused.status_code, unknown.status_code) == (403, 401)
    answer = document["paths"]["/v1/me/events"]["get"]["responses"]["200"]
    assert set(answer["content"]) == {"text/event-stream"}


async def test_an_outage_is_told_before_a_stream_begins(tokens: testing.Tokens) -> None:
    router = APIRouter()
    router.include_router(stream.router, prefix="/v1")
    nowhere = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
    settings = testing.settings(Settings, tokens, nowhere)
    carry = partial(pg_notify.run, notifications.notifier, settings.database_url)
    app = service.create(settings, router=router, refusals={}, tasks=[carry])
    async with testing.serving(app) as http:
        http._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        answer = await http.get("/v1/me/events", headers=tokens.bearer("ada", "annotator"))

    assert answer.status_code == 503


# --- a real server


@pytest.fixture
def server(
    url: str, tokens: testing.Tokens, kafka_server: Any
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    settings = testing.settings(Settings, tokens, url, kafka_bootstrap=kafka_server.bootstrap)
    run_in_new_loop(topics.create(kafka_server.bootstrap, [TOKENS]))
    names = ("database_url", "kafka_bootstrap", "jwks_file", "issuer")
    mine = {f"QUEUE_{name.upper()}": str(getattr(settings, name)) for name in names}
    mine["QUEUE_PSEUDONYM_KEY"] = testing.PSEUDONYM_KEY
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        env=mine,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@asynccontextmanager
async def another_replica(url: str) -> AsyncIterator[Notifier]:
    notifier = Notifier()
    task = asyncio.create_task(pg_notify.run(notifier, url))
    try:
        yield notifier
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def lines_of(answer: httpx.Response) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        if line:
            yield line


async def test_a_server_tells_what_another_replica_says_and_ends_its_streams_when_it_ends(
    server: tuple[subprocess.Popen[str], int], url: str, tokens: testing.Tokens
) -> None:
    process, port = server
    who = tokens.bearer("ada", "annotator")
    async with (
        another_replica(url) as other,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http,
        http.stream("GET", "/v1/me/events", headers=who) as answer,
    ):
        lines = lines_of(answer)
        assert await anext(lines) == "event: state"
        assert await anext(lines) == 'data: {"projects":[]}'
        other.publish({"event": "spec", "project": "p", "version": 9})
        received = [await anext(lines)]
        while (
            received[-1] != "event: spec"
        ):  # The server's connection may be opened after that of the test.
            received.append(await anext(lines))
        assert await anext(lines) == 'data: {"project":"p","version":9}'

        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = [line async for line in lines]  # Raises if the stream is cut off.
        code = await asyncio.to_thread(process.wait, 30)

    assert rest in ([], [": still here"])
    assert code in (0, -signal.SIGTERM)
    assert time.monotonic() - began < 8
