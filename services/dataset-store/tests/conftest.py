"""The service under test, and a builder of events. A database is migrated once and then copied."""

import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import orjson
import pytest
from fastapi import FastAPI

from chassis import migrations, testing
from dataset_store_service import events as dataset_store_events
from dataset_store_service.app import create_app
from dataset_store_service.settings import Settings
from schemas.canonical import digest
from schemas.events import (
    EVENTS,
    AdjudicationDecided,
    AnnotationCorrected,
    AnnotationSubmitted,
    ConflictRaised,
    LabelDecided,
    ReviewDecided,
    ReviewRequested,
    SpecPublished,
    TaskCreated,
    TaskWithdrawn,
)
from schemas.vocabulary import SpecDocument


@pytest.fixture(scope="session")
def migrated(postgres_server: Any) -> Iterator[str]:
    name = postgres_server.create_database()
    with ThreadPoolExecutor(1) as thread:  # Alembic needs a thread without a running loop.
        thread.submit(
            migrations.upgrade, "dataset_store_service", postgres_server.url(name)
        ).result()
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
GOOD, BAD = {"mood": "good"}, {"mood": "bad"}


class History:
    """Builds the events about the items of one project, and keeps them in `events`.

    Ids depend only on the order of calls: the same calls build the same events.
    """

    def __init__(self, project: str = "p") -> None:
        self.project = project
        self.events: list[Any] = []
        self._ids = itertools.count(1)
        self._decisions = itertools.count(1)

    def add(self, kind: type[Any], **facts: Any) -> Any:
        head = {"event_id": self.new_id(), "occurred_at": NOW, "project": self.project}
        self.events.append(kind(**head, **facts))
        return self.events[-1]

    def new_id(self) -> UUID:
        """Return an id that looks random, but is the same in every run."""
        return uuid5(NAMESPACE_URL, f"{self.project}/{next(self._ids)}")

    def spec(self, version: int = 1, fields: Any = FIELDS) -> SpecPublished:
        document = SpecDocument(task_type="mood", fields=fields).model_dump(mode="json")
        spec_hash = digest({**document, "version": version})
        facts = {"spec_version": version, "spec_hash": spec_hash, "document": document}
        return cast(SpecPublished, self.add(SpecPublished, **facts))

    def task(self, before: TaskCreated | None = None, **more: Any) -> TaskCreated:
        """Add a task of a new item, or of the item of the task `before`."""
        item = self.new_id() if before is None else before.item_id
        facts: dict[str, Any] = {
            "task_id": self.new_id(),
            "item_id": item,
            "external_id": f"x{item.hex[:4]}",
            "revision": 1,
            "spec_version": 1,
            "task_type": "mood",
            "payload": {"text": item.hex, "weight": 1e16},
            "payload_sha256": digest({"text": item.hex, "weight": 1e16}),
            "priority": 5,
            "purpose": "work",
            "redundancy": 2,
            "redundancy_max": 3,
            "overlap": "all",
        }
        return cast(TaskCreated, self.add(TaskCreated, **{**facts, **more}))

    def annotations(self, task: TaskCreated, *labels: Any) -> list[UUID]:
        return [self.annotation(task, label) for label in labels]

    def annotation(self, task: TaskCreated, label: Any, **more: Any) -> UUID:
        facts: dict[str, Any] = {
            **task_columns(task),
            "annotation_id": self.new_id(),
            "purpose": task.purpose,
            "annotator": self.new_id().hex,
            "annotator_kind": "human",
            "standing": "good",
            "label": label,
            "rules": ["R1"] if label == BAD else [],
            "leased_at": NOW,
            "submitted_at": NOW,
        }
        event = self.add(AnnotationSubmitted, **{**facts, **more})
        return cast(UUID, event.annotation_id)

    def correction(self, task: TaskCreated, corrects: UUID, label: Any, number: int = 1) -> UUID:
        event = self.add(
            AnnotationCorrected,
            **task_columns(task),
            annotation_id=self.new_id(),
            corrects=corrects,
            number=number,
            purpose=task.purpose,
            annotator=self.new_id().hex,
            annotator_kind="human",
            standing="good",
            label=label,
            leased_at=NOW,
            submitted_at=NOW,
        )
        return cast(UUID, event.annotation_id)

    def decision(self, task: TaskCreated, ids: list[UUID], how: str = "unanimous") -> LabelDecided:
        event = self.add(
            LabelDecided,
            **task_columns(task),
            decision_no=next(self._decisions),
            label=GOOD,
            distribution={"mood": {"good": 2 / 3, "bad": 1 / 3}},
            confidence=0.1234567891,
            how=how,
            why="They said so.",
            annotation_ids=ids,
        )
        return cast(LabelDecided, event)

    def decided(self, **more: Any) -> tuple[TaskCreated, LabelDecided]:
        """Add an item with two equal annotations and its decision."""
        task = self.task(**more)
        return task, self.decision(task, self.annotations(task, GOOD, GOOD))

    def conflict(self, task: TaskCreated, ids: list[UUID]) -> ConflictRaised:
        event = self.add(
            ConflictRaised,
            **task_columns(task),
            fields=["mood"],
            reason="They differ.",
            annotation_ids=ids,
        )
        return cast(ConflictRaised, event)

    def adjudication(self, task: TaskCreated) -> UUID:
        event = self.add(
            AdjudicationDecided,
            **task_columns(task),
            adjudication_id=self.new_id(),
            adjudicator=self.new_id().hex,
            label=GOOD,
            rationale="It is plain.",
            cause="slip",
        )
        return cast(UUID, event.adjudication_id)

    def withdrawn(self, task: TaskCreated) -> None:
        self.add(TaskWithdrawn, task_id=task.task_id, reason="superseded")

    def review(self, task: TaskCreated, decision: LabelDecided, *verdicts: str) -> None:
        review_id = self.new_id()
        requested = {"label": GOOD, "reason": "sampled", "decision_no": decision.decision_no}
        self.add(ReviewRequested, **task_columns(task), review_id=review_id, **requested)
        for verdict in verdicts:
            reviewer = self.new_id().hex
            facts = {"review_id": review_id, "reviewer": reviewer, "verdict": verdict}
            self.add(ReviewDecided, **task_columns(task), **facts)


def task_columns(task: TaskCreated) -> dict[str, Any]:
    return {name: getattr(task, name) for name in ("task_id", "item_id", "spec_version")}


class Store:
    """The running service, with helpers to deliver events, publish versions and read results."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self.app, self.http, self.database = app, http, app.state.database
        self.trainer = tokens.bearer("tim", "trainer")

    async def deliver(self, events: Sequence[Any]) -> None:
        await testing.deliver(self.database, dataset_store_events.SUBSCRIPTIONS, *events)

    async def get(self, path: str, **headers: str) -> Any:
        answer = await self.http.get(f"/v1{path}", headers={**self.trainer, **headers})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"/v1{path}", json=body, headers=self.trainer)

    async def publish(self, dataset: str = "d", **body: Any) -> dict[str, Any]:
        answer = await self.post(f"/datasets/{dataset}/versions", **{"project": "p", **body})
        assert answer.status_code in (200, 201), answer.text
        published: dict[str, Any] = answer.json()
        return published

    async def records(self, hash_: str) -> list[dict[str, Any]]:
        url = f"/v1/versions/{hash_}/files/records.jsonl"
        answer = await self.http.get(url, headers=self.trainer)
        return [orjson.loads(line) for line in answer.content.splitlines()]

    async def published_events(self) -> list[Any]:
        return list(await testing.take_published(self.database, EVENTS))


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def store(app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> Store:
    return Store(app, http, tokens)


@pytest.fixture
async def another_store(
    fresh_database: Any, migrated: str, tokens: testing.Tokens, tmp_path: Path
) -> AsyncIterator[Store]:
    """A second service with an empty database and another state folder."""
    url = fresh_database(template=migrated)
    settings = testing.settings(Settings, tokens, url, state_dir=tmp_path / "elsewhere")
    app = create_app(settings)
    async with testing.serving(app) as client:
        yield Store(app, client, tokens)
