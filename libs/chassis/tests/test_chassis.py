"""The chassis on a real PostgreSQL and a real Kafka: transactions, access, outbox and delivery."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from fastapi import APIRouter, Depends
from prometheus_client import REGISTRY
from pydantic_settings import SettingsConfigDict
from sqlalchemy.ext.asyncio import create_async_engine
from topics_of_tests import create_topics

from chassis import logs, service, testing
from chassis.db import locks
from chassis.db.database import Database, RequestTransaction, Transaction, metadata
from chassis.events import dead_letters, outbox, relay
from chassis.events.deferred import find_or_defer, replay
from chassis.events.dispatch import subscribe, subscribe_batch
from chassis.events.outbox import add
from chassis.events.relay import relay_batch
from chassis.http.auth import AnyCaller, Caller, needs
from chassis.http.json_body import JsonRoute
from chassis.http.metrics_middleware import MetricsMiddleware
from chassis.settings import ServiceSettings
from schemas.envelope import Event, Topic

NOTES = Topic("notes", timedelta(days=1))


class NoteTaken(Event):
    """An event of these tests."""

    topic = NOTES
    keyed_by = "book"

    book: str
    text: str


class Refused(Exception):
    """The book is closed."""


class Settings(ServiceSettings):
    """Settings of the toy service."""

    model_config = SettingsConfigDict(env_prefix="TOY_", frozen=True)
    service: ClassVar[str] = "toy"


notes = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("text", sa.Text),
    sa.Column("id", sa.BigInteger, sa.Identity()),
)
router = APIRouter(route_class=JsonRoute)


async def record(transaction: Transaction, event: NoteTaken) -> None:
    """Store the note."""
    if event.text == "refuse me":
        raise Refused("No more notes.")
    if event.text == "break":
        raise RuntimeError("a bug")
    if event.text.startswith("slow"):
        await asyncio.sleep(0.005)
    await (await transaction.connection()).execute("INSERT INTO notes VALUES ($1)", event.text)


@router.post("/notes")
async def take_note(
    body: dict[str, Any], transaction: RequestTransaction, caller: AnyCaller
) -> str:
    """Publish the note."""
    await add(transaction, note(str(body["text"])))
    return caller.pseudonym


@router.post("/refused")
async def refused(transaction: RequestTransaction) -> None:
    """Write, then refuse."""
    await (await transaction.connection()).execute("INSERT INTO notes VALUES ('refused')")
    raise Refused("Not now.")


@router.get("/closed")
async def closed(_: Caller = Depends(needs("keeper"))) -> str:  # noqa: B008
    """For keepers."""
    return "open"


@router.get("/bug")
async def bug() -> None:
    """Break."""
    raise RuntimeError("a secret detail")


def note(text: str, book: str = "b") -> NoteTaken:
    return NoteTaken(
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC), project="p", book=book, text=text
    )


@pytest.fixture
async def url(fresh_database: Any) -> str:
    address: str = fresh_database()
    engine = create_async_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(notes.metadata.create_all)
    await engine.dispose()
    return address


Make = Callable[..., Any]


@pytest.fixture
def make(tokens: testing.Tokens, url: str) -> Make:
    def made(**more: Any) -> Any:
        return service.create(
            testing.settings(Settings, tokens, more.pop("database_url", url), **more),
            router=router,
            refusals={Refused: 409},
            subscriptions=[subscribe(NoteTaken, record)],
        )

    return made


@pytest.fixture
async def client(make: Make) -> AsyncIterator[httpx.AsyncClient]:
    app = make(body_bytes_max=10_000)
    async with testing.serving(app) as http:
        http.app = app  # type: ignore[attr-defined]
        yield http


@pytest.fixture
async def database(client: httpx.AsyncClient) -> Database:
    found: Database = client.app.state.database  # type: ignore[attr-defined]
    return found


async def written(database: Database) -> list[str]:
    async with database.transaction() as transaction:
        rows = await (await transaction.connection()).fetch("SELECT text FROM notes ORDER BY text")
        return [row["text"] for row in rows]


# --- database


async def test_a_raw_statement_is_rolled_back_with_its_transaction(database: Database) -> None:
    with pytest.raises(Refused):
        async with database.transaction() as transaction:
            await (await transaction.connection()).execute("INSERT INTO notes VALUES ('first')")
            await (await transaction.connection()).execute("INSERT INTO notes VALUES ('second')")
            raise Refused

    assert await written(database) == []


async def test_a_refusal_rolls_back_what_was_written(
    client: httpx.AsyncClient, database: Database
) -> None:
    answer = await client.post("/refused")

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:problem:refused"
    assert answer.json()["title"] == "The book is closed"
    assert await written(database) == []


async def test_the_transaction_commits_before_the_response_is_sent(
    make: Make, tokens: testing.Tokens
) -> None:
    app, seen = make(), []

    async def watch(scope: Any, receive: Any, send: Any) -> None:
        async def note_commit(message: Any) -> None:
            if message["type"] == "http.response.start":
                async with app.state.database.transaction() as transaction:
                    count = await (await transaction.connection()).fetchval(
                        "SELECT count(*) FROM outbox"
                    )
                    seen.append(count)
            await send(message)

        await app(scope, receive, note_commit)

    async with testing.serving(app) as http:
        http._transport = httpx.ASGITransport(watch)
        who = tokens.bearer("ada", "reader")
        assert (await http.post("/notes", json={"text": "x"}, headers=who)).status_code == 200

    assert seen == [1]


async def test_a_database_that_restarted_is_found_again(
    client: httpx.AsyncClient, database: Database, tokens: testing.Tokens, url: str
) -> None:
    """Terminate every pooled connection, as a restart of the server does."""
    who = tokens.bearer("ada", "reader")
    assert (await client.post("/notes", json={"text": "x"}, headers=who)).status_code == 200
    async with database.transaction() as transaction:
        connection = await transaction.connection()
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        await connection.execute(cut + " AND datname = current_database()")
    other = await asyncpg.connect(url.replace("+asyncpg", ""))
    await other.execute(cut + " AND datname = current_database()")
    await other.close()
    await asyncio.sleep(0.1)

    answers = [await client.post("/notes", json={"text": "y"}, headers=who) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


async def test_an_outage_of_the_database_is_a_503_and_no_bug(make: Make) -> None:
    app = make(database_url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    async with testing.serving(app) as http:
        http._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        answer = await http.post("/refused")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "urn:problem:unavailable"


# --- bad input


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{", 400, None),
        (b'{"text": NaN}', 400, None),
        (b'{"text": "\\ud800"}', 400, None),
        (b'{"text": "a\\u0000b"}', 422, "/text"),
        (b'{"a": [1, 9223372036854775808]}', 422, "/a/1"),
        (b'{"a": 1e999}', 422, "/a"),
        (b"[]", 422, ""),
        (b"", 422, ""),
        (b'{"text": "' + b"x" * 20_000 + b'"}', 413, None),
        (b"[" * 5000, 400, None),
    ],
)
async def test_bad_bodies_are_refused_with_their_place(
    client: httpx.AsyncClient, tokens: testing.Tokens, body: bytes, status: int, pointer: str | None
) -> None:
    headers = {**tokens.bearer("ada", "reader"), "content-type": "application/json"}

    answer = await client.post("/notes", content=body, headers=headers)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    if pointer is not None:
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_bug_is_a_500_that_tells_nothing_but_its_trace(make: Make) -> None:
    app = make()
    async with testing.serving(app) as http:
        http._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        answer = await http.get("/bug")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["trace_id"] in answer.json()["detail"]


def test_no_local_variable_gets_into_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", "toy")

    def broken() -> None:
        token = "a secret " + "token"
        raise RuntimeError(f"about {len(token)} letters")

    try:
        broken()
    except RuntimeError as error:
        logs.get("test").error("it broke", exc_info=error)

    said = capsys.readouterr().out
    assert "about 14 letters" in said
    assert "a secret token" not in said


async def test_a_stream_is_measured_until_it_begins() -> None:
    async def stream(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await asyncio.sleep(1.5)
        await send({"type": "http.response.body", "body": b""})

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(MetricsMiddleware(stream)), base_url="http://test"
    ) as http:
        await http.request("TRACE", "/")

    labels = {"route": "unmatched", "method": "TRACE", "status": "2xx"}
    seconds = REGISTRY.get_sample_value("labelwright_http_request_seconds_sum", labels)
    assert seconds is not None
    assert seconds < 1


async def test_what_is_not_there_is_a_problem_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:not-found")


# --- tokens


async def test_without_a_good_token_nothing_is_told(
    client: httpx.AsyncClient, tokens: testing.Tokens, tmp_path: Any
) -> None:
    stranger = testing.Tokens(tmp_path)
    headers: list[dict[str, str]] = [
        {},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Basic YTpi"},
        tokens.bearer("ada", "reader", exp=1),
        tokens.bearer("ada", "reader", aud="others"),
        tokens.bearer("ada", "reader", iss="others"),
        stranger.bearer("ada", "reader"),
    ]

    answers = [await client.post("/notes", json={"text": "x"}, headers=one) for one in headers]

    assert [answer.status_code for answer in answers] == [401] * len(headers)
    # RFC 6750: says which scheme is expected.
    assert [answer.headers["www-authenticate"] for answer in answers] == ["Bearer"] * len(headers)


async def test_a_role_opens_only_what_it_is_for(
    client: httpx.AsyncClient, tokens: testing.Tokens
) -> None:
    keeper, other = tokens.bearer("kim", "keeper"), tokens.bearer("ada", "reader")

    assert (await client.get("/closed", headers=keeper)).status_code == 200
    assert (await client.get("/closed", headers=other)).status_code == 403


async def test_people_are_pseudonyms_and_the_same_one_everywhere(
    client: httpx.AsyncClient, tokens: testing.Tokens
) -> None:
    who = tokens.bearer("ada", "reader")

    said = (await client.post("/notes", json={"text": "x"}, headers=who)).json()

    assert said == tokens.pseudonym("ada")
    assert "ada" not in said


async def test_only_health_and_the_document_with_its_page_answer_without_a_token(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/health/live", "/openapi.json", "/docs"):
        assert (await client.get(path)).status_code == 200
    assert (await client.get("/metrics")).status_code == 404
    assert (await client.get("/redoc")).status_code == 404


# --- outbox, Kafka, inbox


@pytest.fixture
async def prefix(kafka_server: Any) -> str:
    """Create topics for one test; return their prefix."""
    names = (NOTES.name, NOTES.name + dead_letters.SUFFIX)
    return await create_topics(kafka_server, *names, partitions=2)


@pytest.fixture
async def producer(kafka_server: Any) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(bootstrap_servers=kafka_server.bootstrap, acks="all")
    await made.start()
    yield made
    await made.stop()


async def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)


@pytest.fixture
async def running(make: Make, kafka_server: Any, prefix: str) -> AsyncIterator[Any]:
    """Run the toy service with all its parts."""
    app = make(kafka_bootstrap=kafka_server.bootstrap, topic_prefix=prefix)
    async with app.router.lifespan_context(app):
        yield app


async def test_a_note_goes_out_by_the_outbox_and_comes_back_once(
    running: Any, tokens: testing.Tokens
) -> None:
    transport = httpx.ASGITransport(running)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        await http.post("/notes", json={"text": "hello"}, headers=tokens.bearer("ada", "reader"))

        async def arrived() -> bool:
            return await written(running.state.database) == ["hello"]

        await until(arrived)
        ready = await http.get("/health/ready")

    assert ready.status_code == 200, ready.text


async def test_a_redelivered_event_has_its_effect_once(
    running: Any, producer: AIOKafkaProducer, prefix: str
) -> None:
    event, last = note("once"), note("last")
    for one in (event, event, last, event):
        await producer.send_and_wait(prefix + "notes", one.to_wire("toy"), key=b"b")

    async def arrived() -> bool:
        return "last" in await written(running.state.database)

    await until(arrived)
    await asyncio.sleep(0.3)
    assert await written(running.state.database) == ["last", "once"]


async def test_what_cannot_be_delivered_is_put_aside_and_can_be_replayed(
    running: Any, producer: AIOKafkaProducer, prefix: str, kafka_server: Any
) -> None:
    topic = prefix + "notes"
    for body in (b"not json", note("refuse me").to_wire("toy"), note("fine").to_wire("toy")):
        await producer.send_and_wait(topic, body, key=b"b")

    async def arrived() -> bool:
        return await written(running.state.database) == ["fine"]

    await until(arrived)
    dead = await dead_letters.unreplayed(kafka_server.bootstrap, topic)
    reasons = sorted(dict(dead_record.headers)["dead-reason"].decode() for dead_record in dead)
    assert len(dead) == 2
    assert reasons[0].startswith("Refused: No more notes.")
    assert await dead_letters.replay_all(kafka_server.bootstrap, topic) == 2

    async def dead_again() -> bool:
        return len(await dead_letters.unreplayed(kafka_server.bootstrap, topic)) == 2

    await until(dead_again)


async def test_an_event_that_a_bug_cannot_handle_is_put_aside_and_the_others_have_their_effect(
    make: Make, kafka_server: Any, prefix: str, producer: AIOKafkaProducer, database: Database
) -> None:
    topic = prefix + "notes"
    for text in ("before", "break", "after"):
        await producer.send_and_wait(topic, note(text).to_wire("toy"), key=b"b")
    app = make(kafka_bootstrap=kafka_server.bootstrap, topic_prefix=prefix)

    async def arrived() -> bool:
        return await written(database) == ["after", "before"]

    async with app.router.lifespan_context(app):
        await until(arrived)

    [dead_record] = await dead_letters.unreplayed(kafka_server.bootstrap, topic)
    assert dict(dead_record.headers)["dead-reason"].startswith(b"RuntimeError: a bug")


async def test_what_was_read_ahead_is_neither_lost_nor_doubled_as_replicas_come_and_go(
    make: Make, kafka_server: Any, prefix: str, producer: AIOKafkaProducer, database: Database
) -> None:
    """Use batches of ten, so that members join and leave while batches are waiting."""
    said = [f"slow {book}{n:04}" for n in range(1000) for book in "ab"]
    for text in said:
        body = note(text, text[5]).to_wire("toy")
        await producer.send(prefix + "notes", body, partition="ab".index(text[5]))
    await producer.flush()

    async def replica(until_written: int) -> None:
        more = {"kafka_bootstrap": kafka_server.bootstrap, "topic_prefix": prefix}
        app = make(batch_events_max=10, **more)

        async def arrived() -> bool:
            return len(await written(database)) >= until_written

        async with app.router.lifespan_context(app):
            await until(arrived, 60)

    async with asyncio.TaskGroup() as group:
        group.create_task(replica(200))
        await asyncio.sleep(0.5)
        group.create_task(replica(600))
        await asyncio.sleep(0.5)
        group.create_task(replica(1000))
    await replica(2000)

    async with database.transaction() as transaction:
        rows = await (await transaction.connection()).fetch("SELECT text FROM notes ORDER BY id")
    texts = [row["text"] for row in rows]
    assert [[text for text in texts if text[5] == book] for book in "ab"] == [said[::2], said[1::2]]


async def test_the_relay_that_finds_another_at_work_looks_again_soon(
    make: Make,
    kafka_server: Any,
    prefix: str,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "POLL_SECONDS_MAX", 60)
    app = make(kafka_bootstrap=kafka_server.bootstrap, topic_prefix=prefix)
    async with app.router.lifespan_context(app):
        await asyncio.sleep(3)  # It has nothing to do, and looks every few seconds by now.
        async with database.transaction() as other:
            connection = await other.connection()
            await connection.execute("SELECT pg_advisory_xact_lock($1)", locks.OUTBOX_RELAY)
            async with app.state.database.transaction() as transaction:
                await add(transaction, note("in its way"))
            await asyncio.sleep(0.05)
        let_go = time.monotonic()

        async def arrived() -> bool:
            return await written(database) == ["in its way"]

        await until(arrived)
    assert time.monotonic() - let_go < 2.5


async def test_the_relay_sends_in_order_and_deletes_what_was_acknowledged(
    database: Database, producer: AIOKafkaProducer, prefix: str, kafka_server: Any
) -> None:
    async with database.transaction() as transaction:
        await add(transaction, *(note(str(n)) for n in range(700)))

    sent = [await relay_batch(database, producer, prefix) for _ in range(3)]

    consumer = AIOKafkaConsumer(
        prefix + "notes", bootstrap_servers=kafka_server.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    texts: list[str] = []
    while len(texts) < 700:
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            texts += [record.value.decode() for record in records]
    await consumer.stop()
    places = [int(text.split('"text":"')[1].split('"')[0]) for text in texts]
    assert sent == [500, 200, 0]
    assert places == list(range(700))


async def test_nothing_leaves_when_the_transaction_rolls_back(database: Database) -> None:
    with pytest.raises(Refused):
        async with database.transaction() as transaction:
            await add(transaction, note("never"))
            raise Refused

    async with database.transaction() as transaction:
        assert await (await transaction.connection()).fetchval("SELECT count(*) FROM outbox") == 0


async def test_what_no_broker_would_take_is_refused_and_keeps_nothing_back(
    make: Make, kafka_server: Any, prefix: str, tokens: testing.Tokens
) -> None:
    """Send the largest accepted event through the broker and the consumer."""
    app = make(kafka_bootstrap=kafka_server.bootstrap, topic_prefix=prefix)
    envelope = len(note("").to_wire("toy"))
    most = "x" * (outbox.EVENT_BYTES_MAX - envelope)
    who = tokens.bearer("ada", "reader")
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            refused = await http.post("/notes", json={"text": most + "x"}, headers=who)
            taken = await http.post("/notes", json={"text": most}, headers=who)

        async def arrived() -> bool:
            return await written(app.state.database) == [most]

        await until(arrived)

    assert (refused.status_code, taken.status_code) == (413, 200)
    assert refused.json()["type"] == "urn:problem:event-too-large"


async def test_a_deferred_event_is_found_by_a_concurrent_replay(database: Database) -> None:
    """The event is either deferred and replayed, or neither, in both orders of the race."""
    for first in ("defer", "replay"):
        key, known = f"note:{first}", asyncio.Event()
        replayed: list[NoteTaken] = []

        async def look_up(known: asyncio.Event = known) -> bool | None:
            return True if known.is_set() else None

        async def defer(key: str = key, look_up: Any = look_up) -> bool:
            async with database.transaction() as transaction:
                return await find_or_defer(transaction, note("x"), key, look_up) is None

        async def handle(
            _: Transaction, events: Sequence[NoteTaken], into: list[NoteTaken] = replayed
        ) -> None:
            into.extend(events)

        async def make_known(
            key: str = key, known: asyncio.Event = known, handle: Any = handle
        ) -> None:
            async with database.transaction() as transaction:
                known.set()
                await replay(transaction, [key], {NoteTaken: handle})

        calls = [defer(), make_known()] if first == "defer" else [make_known(), defer()]
        results = await asyncio.gather(*calls)
        is_deferred = results[0 if first == "defer" else 1]
        assert len(replayed) == bool(is_deferred)


class BookOpened(Event):
    """Another event of these tests."""

    topic = NOTES
    keyed_by = "book"

    book: str


async def test_events_deferred_for_a_subscription_are_replayed_after_its_handler(
    database: Database,
) -> None:
    opened: set[str] = set()
    taken: list[str] = []

    async def on_book_opened(_: Transaction, event: BookOpened) -> None:
        opened.add(event.book)

    async def on_note_taken(transaction: Transaction, events: Sequence[NoteTaken]) -> None:
        for event in events:

            async def look_up(book: str = event.book) -> bool | None:
                return True if book in opened else None

            if await find_or_defer(transaction, event, f"book:{event.book}", look_up):
                taken.append(event.text)

    subscriptions = [
        subscribe(BookOpened, on_book_opened, replay_key=lambda event: f"book:{event.book}"),
        subscribe_batch(NoteTaken, on_note_taken),
    ]
    early = [note("1", "x"), note("2", "y"), note("3", "x")]
    opening = BookOpened(occurred_at=early[0].occurred_at, project="p", book="x")

    await testing.deliver(database, subscriptions, *early)
    assert taken == []
    await testing.deliver(database, subscriptions, opening, note("4", "x"))

    assert taken == ["1", "3", "4"]
