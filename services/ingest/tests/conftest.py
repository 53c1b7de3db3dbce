"""The service under test, with helpers to use it. A database is migrated once, then copied."""

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from chassis import migrations, testing
from ingest_service import events as ingest_events
from ingest_service import schedules
from ingest_service.app import create_app
from ingest_service.settings import Settings
from labelwright_local import object_store
from schemas.events import EVENTS, LabelDecided, TaskCreated


@pytest.fixture(scope="session")
def migrated(postgres_server: Any) -> Iterator[str]:
    name = postgres_server.create_database()
    with ThreadPoolExecutor(1) as thread:  # Alembic needs a thread without a running loop.
        thread.submit(migrations.upgrade, "ingest_service", postgres_server.url(name)).result()
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def app(fresh_database: Any, migrated: str, tokens: testing.Tokens, tmp_path: Path) -> FastAPI:
    url = fresh_database(template=migrated)
    return create_app(testing.settings(Settings, tokens, url, state_dir=tmp_path))


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with testing.serving(app) as client:
        yield client


NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]


class Ingest:
    """The running service, with helpers to send requests, deliver events and read results."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self.app, self.http, self.database = app, http, app.state.database
        self.owner = tokens.bearer("olga", "spec_owner", "pipeline")

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        url = f"/v1/projects/p{path}"
        return await self.http.post(url, json=body, headers={**self.owner, **headers})

    async def post_ok(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        answer = await self.post(path, body, **headers)
        assert answer.status_code in (200, 201), answer.text
        verdict: dict[str, Any] = answer.json()
        return verdict

    async def publish(self, fields: Any = FIELDS, relabel: str = "none", **policy: Any) -> int:
        rules = [{"id": "R1", "text": "Say how it sounds."}]
        body = {"task_type": "mood", "fields": fields, "policy": policy, "relabel": relabel}
        body["guidelines"] = rules
        version: int = (await self.post_ok("/specs", body))["version"]
        return version

    async def roll_out(self) -> None:
        for _ in range(10):
            async with self.database.transaction() as transaction:
                await schedules.roll_out(transaction, "p")

    async def deliver(self, *events: Any) -> None:
        await testing.deliver(self.database, ingest_events.SUBSCRIPTIONS, *events)

    async def published(self, *kinds: type[Any]) -> list[Any]:
        return [
            e for e in await testing.take_published(self.database, EVENTS) if isinstance(e, kinds)
        ]

    async def view(self) -> dict[str, Any]:
        answer = await self.http.get("/v1/projects/p", headers=self.owner)
        view: dict[str, Any] = answer.json()
        return view


@pytest.fixture
async def ingest(app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> Ingest:
    service = Ingest(app, http, tokens)
    await http.post("/v1/projects", json={"name": "p", "title": "P"}, headers=service.owner)
    return service


@pytest.fixture
async def ingest_on_object_store(
    fresh_database: Any, migrated: str, tokens: testing.Tokens, object_store_server: Any
) -> AsyncIterator[Ingest]:
    """The service with large payloads in a real S3-compatible store."""
    settings = testing.settings(
        Settings,
        tokens,
        fresh_database(template=migrated),
        blob_store_url=f"s3://{object_store.BUCKET}/{uuid4().hex}",
        blob_store_endpoint=object_store_server.endpoint,
        blob_store_access_key_id=object_store.ACCESS_KEY_ID,
        blob_store_secret_access_key=object_store.SECRET_ACCESS_KEY,
    )
    app = create_app(settings)
    async with testing.serving(app) as http:
        service = Ingest(app, http, tokens)
        await http.post("/v1/projects", json={"name": "p", "title": "P"}, headers=service.owner)
        yield service


@pytest.fixture
def decided() -> Callable[..., LabelDecided]:
    """Builds the decision about a task."""
    return _decided


def _decided(task: TaskCreated, number: int = 1) -> LabelDecided:
    return LabelDecided(
        occurred_at=NOW,
        project="p",
        decision_no=number,
        task_id=task.task_id,
        item_id=task.item_id,
        spec_version=task.spec_version,
        label={"mood": "good"},
        confidence=1.0,
        how="unanimous",
        why="All said so.",
        annotation_ids=[uuid4()],
    )
