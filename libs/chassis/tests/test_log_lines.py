"""The lines of the log, and the data that they never contain."""

import asyncio
import json
import logging
import re
import signal
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict
from sqlalchemy.ext.asyncio import create_async_engine
from topics_of_tests import create_topics

from chassis import logs, service, testing
from chassis.blob_settings import BlobSettings
from chassis.db.database import metadata
from chassis.http import auth
from chassis.log_masks import mask
from chassis.log_repeats import LibraryRepeats, Repeats
from schemas.envelope import Envelope, Event, Topic

SECRET = "hunter2-is-secret"
Lines = Callable[[], list[dict[str, Any]]]


class Settings(BlobSettings):
    """Settings of the service under test."""

    model_config = SettingsConfigDict(env_prefix="LOGGED_", frozen=True)
    service: ClassVar[str] = "logged"


class Counted(Event):
    """An event of these tests."""

    topic = Topic("counted", None)
    keyed_by = "label"

    label: str
    count: int


class UnknownThing(Exception):
    """The thing does not exist."""


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/things/{thing}")
    async def get_thing(thing: str, caller: auth.AnyCaller) -> str:
        del caller
        if thing == "broken":
            raise RuntimeError("a bug")
        if thing == "full":
            raise asyncpg.DiskFullError("no room")
        if thing != "known":
            raise UnknownThing(f"There is no thing '{thing}'.")
        return "found"

    return router


@pytest.fixture
def make(tokens: testing.Tokens) -> Callable[..., FastAPI]:
    """Return a function that makes the service, whose log `lines` reads."""

    def made(database_url: str = "", **more: Any) -> FastAPI:
        settings = testing.settings(Settings, tokens, database_url, **{"log_level": "INFO", **more})
        return service.create(settings, router=routes(), refusals={UnknownThing: 404})

    return made


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Return a function that reads the lines written since its last call."""

    def take() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return take


@asynccontextmanager
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield http


def of(logged: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [line for line in logged if line["event"] == event]


# --- the life of a service


@pytest.fixture
async def url(fresh_database: Any) -> str:
    """Return the address of a database with the tables of the chassis."""
    address: str = fresh_database()
    engine = create_async_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
    return address


async def test_start_readiness_and_stop_are_logged_with_version_settings_and_reason(
    make: Callable[..., FastAPI], lines: Lines, url: str, kafka_server: Any
) -> None:
    prefix = await create_topics(kafka_server)
    app = make(url, kafka_bootstrap=kafka_server.bootstrap, topic_prefix=prefix)
    logged: list[dict[str, Any]] = []
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        async with app.router.lifespan_context(app):
            async with asyncio.timeout(30):
                while not of(logged, "ready"):
                    await asyncio.sleep(0.05)
                    logged += lines()
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(0)
    finally:
        signal.signal(signal.SIGTERM, before)
    logged += lines()

    (start,), (stop,) = of(logged, "starting"), of(logged, "stopped")
    assert start["service"] == "logged"
    assert re.fullmatch(r"\d+\.\d+\.\d+", start["version"])
    assert start["settings"]["kafka_bootstrap"] == kafka_server.bootstrap
    assert start["settings"]["database_url"] == mask(url)
    assert of(logged, "ready")[-1]["level"] == "info"
    assert stop["reason"] == "SIGTERM"


async def test_the_loss_of_the_database_and_its_return_are_logged_without_any_request(
    make: Callable[..., FastAPI], lines: Lines, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.http.health.CHECK_SECONDS", 0.05)
    app = make(url)
    logged: list[dict[str, Any]] = []

    async def until(event: str) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while not of(logged, event):
                await asyncio.sleep(0.05)
                logged.extend(lines())
        found = of(logged, event)[-1]
        logged.clear()
        return found

    async with app.router.lifespan_context(app):
        without_broker = await until("ready")
        database = app.state.database
        closed = await asyncpg.create_pool(url.replace("+asyncpg", ""), min_size=0)
        await closed.close()
        app.state.database = type(database)(closed, "logged")
        lost = await until("unready")
        app.state.database = database
        await until("ready")

    assert without_broker["level"] == "warning"
    assert "broker" in without_broker
    assert lost["database"]


# --- requests


async def test_a_refusal_is_logged_with_its_type_status_route_duration_and_trace(
    make: Callable[..., FastAPI], lines: Lines, tokens: testing.Tokens
) -> None:
    async with client(make()) as http:
        answer = await http.get("/things/patient-17?name=ann", headers=tokens.bearer("ann"))

    (line,) = of(lines(), "a request was refused")
    assert line["problem"] == answer.json()["type"] == "urn:problem:unknown-thing"
    assert (line["status"], line["method"], line["route"]) == (404, "GET", "/things/{thing}")
    assert line["trace_id"] == answer.json()["trace_id"]
    assert line["milliseconds"] >= 0
    assert "patient-17" not in str(line)


@pytest.mark.parametrize(
    ("thing", "status", "problem"),
    [("broken", 500, "urn:problem:internal"), ("full", 507, "urn:problem:disk-full")],
)
async def test_a_failed_request_is_logged_as_a_warning_with_its_problem(
    make: Callable[..., FastAPI],
    lines: Lines,
    tokens: testing.Tokens,
    thing: str,
    status: int,
    problem: str,
) -> None:
    async with client(make()) as http:
        answer = await http.get(f"/things/{thing}", headers=tokens.bearer("ann"))

    assert answer.status_code == status
    (line,) = of(lines(), "a request failed")
    assert (line["level"], line["status"], line["problem"]) == ("warning", status, problem)
    assert line["route"] == "/things/{thing}"


async def test_a_refused_login_is_logged_with_its_reason_and_without_its_token(
    make: Callable[..., FastAPI], lines: Lines, tokens: testing.Tokens
) -> None:
    good = tokens.sign("ann")
    bad = {
        "expired": tokens.sign("ann", exp=1),
        "altered": good[:-8] + "AAAAAAAA",
        "opaque": SECRET,
        "garbage": f"{SECRET}.{SECRET}.{SECRET}",
        "empty": "",
    }
    for name, token in bad.items():
        async with client(make()) as http:
            answer = await http.get("/things/x", headers={"authorization": f"Bearer {token}"})

        logged = lines()
        (line,) = of(logged, "a request was refused")
        assert (line["status"], line["problem"]) == (401, "urn:problem:unauthenticated"), name
        assert line["reason"] == answer.json()["detail"], name
        assert not token or token not in json.dumps(logged), name


async def test_one_in_so_many_requests_that_go_well_is_logged(
    make: Callable[..., FastAPI], lines: Lines, tokens: testing.Tokens
) -> None:
    async with client(make(request_log_every=3)) as http:
        for _ in range(7):
            await http.get("/things/known", headers=tokens.bearer("ann"))

    sampled = of(lines(), "a request was answered")
    assert [line["status"] for line in sampled] == [200, 200]

    async with client(make(request_log_every=0)) as http:
        await http.get("/things/known", headers=tokens.bearer("ann"))
    assert lines() == []


async def test_a_thousand_equal_refusals_are_two_lines_with_their_number(
    make: Callable[..., FastAPI], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(
        "chassis.log_repeats.OwnRepeats.__init__.__defaults__", (Repeats(0.5, lambda: clock[0]),)
    )
    async with client(make()) as http:
        for _ in range(1000):
            await http.get("/things/x")
        clock[0] = 1.0
        await asyncio.sleep(0.7)

    first, last = of(lines(), "a request was refused")
    assert "repeated" not in first
    assert last["repeated"] == 999


# --- repeats


def test_lines_that_go_on_are_written_ever_more_seldom_and_none_is_uncounted() -> None:
    clock = [0.0]
    repeats = Repeats(1.0, lambda: clock[0])
    written = {}
    for number in range(1, 1001):
        left_out = repeats.admit("a")
        if left_out is not None:
            written[number] = left_out
        clock[0] += 0.1

    assert len(written) < 20
    assert sum(written.values()) + len(written) == max(written)


def test_lines_of_different_kinds_do_not_hide_each_other() -> None:
    repeats = Repeats(1.0, lambda: 0.0)

    assert [repeats.admit("a"), repeats.admit("b"), repeats.admit("a")] == [0, 0, None]


def test_the_number_of_kinds_that_are_remembered_is_bounded() -> None:
    repeats = Repeats(1.0, lambda: 0.0)

    for number in range(5_000):
        assert repeats.admit(number) == 0
    assert len(repeats._kinds) <= 1_000


def test_a_library_that_repeats_itself_is_logged_once_with_the_number_of_the_others() -> None:
    clock = [0.0]
    kept = LibraryRepeats(Repeats(10.0, lambda: clock[0]))
    said = []
    for _ in range(100):
        record = logging.LogRecord("lib", logging.WARNING, "f.py", 7, "no %s", ("topic",), None)
        said += [record.getMessage()] if kept.filter(record) else []
        clock[0] += 0.15

    assert said == ["no topic", "no topic (and 66 more such lines)"]


# --- secrets


def test_no_setting_that_is_a_secret_is_in_the_line_of_the_start(
    make: Callable[..., FastAPI], lines: Lines, tokens: testing.Tokens
) -> None:
    secrets = {
        "database_url": f"postgresql+asyncpg://ann:{SECRET}@127.0.0.1:1/db?password={SECRET}",
        "jwks_url": f"http://ann:{SECRET}@127.0.0.1:1/keys",
        "pseudonym_key": SECRET,
        "blob_store_secret_access_key": SECRET,
    }
    settings = testing.settings(Settings, tokens, **secrets)

    make()
    logs.get("test").info("starting", settings=settings.model_dump(mode="json"))
    logs.get("test").error("it broke", error=secrets["database_url"], all=repr(settings))

    assert len(said := lines()) == 2
    assert "127.0.0.1:1/db" in str(said)
    assert SECRET not in json.dumps(said)


def test_every_setting_whose_name_says_that_it_is_a_secret_has_the_type_of_one() -> None:
    named = {
        name: field
        for name, field in Settings.model_fields.items()
        if re.search("key$|secret|password|token", name)
    }

    assert "pseudonym_key" in named
    assert all("SecretStr" in str(field.annotation) for field in named.values()), named


def test_an_error_about_the_settings_does_not_tell_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGGED_PSEUDONYM_KEY", SECRET)
    monkeypatch.setenv("LOGGED_DATABASE_POOL", SECRET)

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert "database_pool" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        f"could not connect to postgresql+asyncpg://ann:{SECRET}@db:5432/queue",
        f"GET https://store/blob?id=1&signature={SECRET}&x=2",
        f"authorization: Bearer {SECRET}",
        f'{{"token": "eyJ{SECRET}.eyJ{SECRET}.{SECRET}"}}',
    ],
)
def test_secrets_within_longer_texts_are_masked_in_every_line(lines: Lines, text: str) -> None:
    logs.configure("INFO", "logged")

    logs.get("test").error("it broke", error=text, exc_info=RuntimeError(text))

    assert SECRET not in json.dumps(lines())


def test_an_error_about_an_event_does_not_tell_what_is_in_it() -> None:
    head = {"id": str(uuid.uuid4()), "type": "x", "source": "x", "time": "2026-01-01T00:00:00Z"}
    body = {**head, "project": "p", "data": {"label": SECRET, "count": SECRET}}

    with pytest.raises(ValueError, match="not an event") as unread:
        Envelope.read(json.dumps({**body, "data": SECRET}).encode())
    with pytest.raises(ValidationError) as refused:
        Envelope.read(json.dumps(body).encode()).event(Counted)

    assert "count" in str(refused.value)
    assert SECRET not in str(refused.value) + str(unread.value)


def test_the_log_of_a_library_is_masked_too(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", "logged")
    logging.getLogger("uvicorn.error").warning("postgresql://ann:%s@db/queue", SECRET)

    said = capfd.readouterr().err
    assert json.loads(said)["event"] == "postgresql://ann:***@db/queue"
