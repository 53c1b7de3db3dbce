"""The service under test, and stories to tell it. A database is migrated once and then copied."""

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
from dataset_store_service import events as door
from dataset_store_service.app import create_app
from dataset_store_service.settings import Settings
from schemas.canonical import digest
from schemas.events import (
    EVENTS,
    AdjudicationDecided,
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
    with ThreadPoolExecutor(1) as thread:  # Alembic wants a loop of its own.
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


class Story:
    """Tells, event by event, what happens to the items of one project.

    Ids follow from the order of telling, so that the same story has the same events.
    """

    def __init__(self, project: str = "p") -> None:
        self.project = project
        self.events: list[Any] = []
        self._ids = itertools.count(1)
        self._decisions = itertools.count(1)

    def tell(self, kind: type[Any], **facts: Any) -> Any:
        head = {"event_id": self.new_id(), "occurred_at": NOW, "project": self.project}
        self.events.append(kind(**head, **facts))
        return self.events[-1]

    def new_id(self) -> UUID:
        """An id that looks random and is the same in every run."""
        return uuid5(NAMESPACE_URL, f"{self.project}/{next(self._ids)}")

    def spec(self, version: int = 1, fields: Any = FIELDS) -> SpecPublished:
        document = SpecDocument(task_type="mood", fields=fields).model_dump(mode="json")
        spec_hash = digest({**document, "version": version})
        told = {"spec_version": version, "spec_hash": spec_hash, "document": document}
        return cast(SpecPublished, self.tell(SpecPublished, **told))

    def task(self, before: TaskCreated | None = None, **more: Any) -> TaskCreated:
        """A task of a new item; or the one after `before`, of the same item."""
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
        return cast(TaskCreated, self.tell(TaskCreated, **{**facts, **more}))

    def annotations(self, task: TaskCreated, *labels: Any) -> list[UUID]:
        return [self.annotation(task, label) for label in labels]

    def annotation(self, task: TaskCreated, label: Any, **more: Any) -> UUID:
        facts: dict[str, Any] = {
            **about(task),
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
        told = self.tell(AnnotationSubmitted, **{**facts, **more})
        return cast(UUID, told.annotation_id)

    def decision(self, task: TaskCreated, ids: list[UUID], how: str = "unanimous") -> LabelDecided:
        told = self.tell(
            LabelDecided,
            **about(task),
            decision_no=next(self._decisions),
            label=GOOD,
            distribution={"mood": {"good": 2 / 3, "bad": 1 / 3}},
            confidence=0.1234567891,
            how=how,
            why="They said so.",
            annotation_ids=ids,
        )
        return cast(LabelDecided, told)

    def decided(self, **more: Any) -> tuple[TaskCreated, LabelDecided]:
        """An item that two people agree about."""
        task = self.task(**more)
        return task, self.decision(task, self.annotations(task, GOOD, GOOD))

    def conflict(self, task: TaskCreated, ids: list[UUID]) -> ConflictRaised:
        told = self.tell(
            ConflictRaised,
            **about(task),
            fields=["mood"],
            reason="They differ.",
            annotation_ids=ids,
        )
        return cast(ConflictRaised, told)

    def adjudication(self, task: TaskCreated) -> UUID:
        told = self.tell(
            AdjudicationDecided,
            **about(task),
            adjudication_id=self.new_id(),
            adjudicator=self.new_id().hex,
            label=GOOD,
            rationale="It is plain.",
            cause="slip",
        )
        return cast(UUID, told.adjudication_id)

    def withdrawn(self, task: TaskCreated) -> None:
        self.tell(TaskWithdrawn, task_id=task.task_id, reason="superseded")

    def review(self, task: TaskCreated, decision: LabelDecided, *verdicts: str) -> None:
        review_id = self.new_id()
        told = {"label": GOOD, "reason": "sampled", "decision_no": decision.decision_no}
        self.tell(ReviewRequested, **about(task), review_id=review_id, **told)
        for verdict in verdicts:
            reviewer = self.new_id().hex
            facts = {"review_id": review_id, "reviewer": reviewer, "verdict": verdict}
            self.tell(ReviewDecided, **about(task), **facts)


def about(task: TaskCreated) -> dict[str, Any]:
    return {name: getattr(task, name) for name in ("task_id", "item_id", "spec_version")}


class Store:
    """The service over its own database, with what a test wants to say in one line."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self.app, self.http, self.sessions = app, http, app.state.sessions
        self.trainer = tokens.bearer("tim", "trainer")

    async def hear(self, events: Sequence[Any]) -> None:
        await testing.hear(self.sessions, door.SUBSCRIPTIONS, *events)

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

    async def said(self) -> list[Any]:
        return list(await testing.said(self.sessions, EVENTS))


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def store(app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> Store:
    return Store(app, http, tokens)


@pytest.fixture
async def another_store(
    fresh_database: Any, migrated: str, tokens: testing.Tokens, tmp_path: Path
) -> AsyncIterator[Store]:
    """The same service elsewhere, with nothing in it."""
    url = fresh_database(template=migrated)
    told = testing.settings(Settings, tokens, url, state_dir=tmp_path / "elsewhere")
    app = create_app(told)
    async with testing.serving(app) as client:
        yield Store(app, client, tokens)
