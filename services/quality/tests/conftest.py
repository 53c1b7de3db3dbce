"""The quality service with a database of its own, and a factory of the events it subscribes to."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest
from fastapi import FastAPI

from chassis import migrations, testing
from quality_service import events as quality_events
from quality_service.app import create_app
from quality_service.settings import Settings
from schemas.canonical import digest
from schemas.envelope import Event
from schemas.events import (
    EVENTS,
    AdjudicationDecided,
    AgreementMeasured,
    AnnotationCorrected,
    AnnotationSubmitted,
    ConflictRaised,
    GoldRegistered,
    LabelDecided,
    SpecPublished,
    TaskCreated,
    TaskSkipped,
)
from schemas.vocabulary import Measure, SpecDocument

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
OWN_TABLES = {"inbox", "outbox", "parked", "alembic_version"}


class EventFactory:
    """Builds events of other services; fields that a test does not name have default values."""

    project = "p"
    now = NOW

    def id(self, name: str) -> UUID:
        """Return the id for a name: always the same."""
        return uuid5(UUID(int=0), name)

    def pseudonym(self, name: str) -> str:
        """Return the pseudonym for a name."""
        return self.id(name).hex

    def spec(self, version: int = 1, *, fields: Any = None, **more: Any) -> SpecPublished:
        versions = {key: more.pop(key) for key in ("resolves", "relabel") if key in more}
        document = SpecDocument.model_validate(
            {"task_type": "mood", "fields": fields or FIELDS, "policy": more}
        ).model_dump(mode="json")
        return SpecPublished(
            occurred_at=NOW,
            project=self.project,
            spec_version=version,
            spec_hash=digest({**document, "v": version}),
            document=document,
            **versions,
        )

    def task(self, name: str, *, at: datetime = NOW, **more: Any) -> TaskCreated:
        facts = {
            "task_id": self.id(name),
            "item_id": self.id(f"item {name}"),
            "external_id": name,
            "revision": 1,
            "spec_version": 1,
            "task_type": "mood",
            "payload": {"text": name},
            "payload_sha256": "0" * 64,
            "priority": 5,
            "purpose": "work",
            "redundancy": 2,
            "redundancy_max": 3,
            "overlap": "all",
        }
        return TaskCreated(occurred_at=at, project=self.project, **{**facts, **more})

    def gold(self, name: str, label: Any = "good", **more: Any) -> GoldRegistered:
        facts = {
            "task_id": self.id(name),
            "item_id": self.id(f"item {name}"),
            "spec_version": 1,
            "label": label if isinstance(label, dict) else {"mood": label},
        }
        return GoldRegistered(occurred_at=NOW, project=self.project, **{**facts, **more})

    def answer(
        self, who: str, name: str, label: Any = "good", *, minute: int = 0, **more: Any
    ) -> AnnotationSubmitted:
        at = NOW + timedelta(minutes=minute)
        facts = {
            "annotation_id": self.id(f"{who} on {name}"),
            "task_id": self.id(name),
            "item_id": self.id(f"item {name}"),
            "spec_version": 1,
            "purpose": "work",
            "annotator": self.pseudonym(who),
            "annotator_kind": "human",
            "standing": "new",
            "label": label if isinstance(label, dict) else {"mood": label},
            "leased_at": at,
            "submitted_at": at,
        }
        return AnnotationSubmitted(occurred_at=at, project=self.project, **{**facts, **more})

    def corrected(
        self, who: str, name: str, label: Any = "bad", *, minute: int = 0, **more: Any
    ) -> AnnotationCorrected:
        first = self.answer(who, name, label, minute=minute, **more)
        facts = first.model_dump(exclude={"event_id", "prelabel_given", "active_ms"})
        correction = {"annotation_id": self.id(f"{who} again on {name}"), "number": 1}
        return AnnotationCorrected(**{**facts, "corrects": first.annotation_id, **correction})

    def honeypot(self, who: str, name: str, label: Any = "good", **more: Any) -> Any:
        return self.answer(who, name, label, purpose="honeypot", **more)

    def decided(self, number: int, name: str, *annotators: str, **more: Any) -> LabelDecided:
        facts = {
            "decision_no": number,
            "task_id": self.id(name),
            "item_id": self.id(f"item {name}"),
            "spec_version": 1,
            "label": {"mood": "good"},
            "confidence": 1.0,
            "how": "unanimous",
            "why": "all say so",
            "annotation_ids": [self.id(f"{annotator} on {name}") for annotator in annotators],
        }
        return LabelDecided(occurred_at=NOW, project=self.project, **{**facts, **more})

    def conflict(self, name: str, **more: Any) -> ConflictRaised:
        facts = {
            "task_id": self.id(name),
            "item_id": self.id(f"item {name}"),
            "spec_version": 1,
            "fields": ["mood"],
            "reason": "split",
            "annotation_ids": [],
            "scores": {"mood": {"good": 0.5, "bad": 0.5}},
        }
        return ConflictRaised(occurred_at=NOW, project=self.project, **{**facts, **more})

    def adjudicated(
        self, name: str, cause: str = "spec_gap", rationale: str = "No rule for irony.", **more: Any
    ) -> AdjudicationDecided:
        facts = {
            "adjudication_id": self.id(f"adjudication of {name}"),
            "task_id": self.id(name),
            "item_id": self.id(f"item {name}"),
            "spec_version": 1,
            "adjudicator": self.pseudonym("judge"),
            "label": {"mood": "good"},
            "rationale": rationale,
            "cause": cause,
        }
        return AdjudicationDecided(occurred_at=NOW, project=self.project, **{**facts, **more})

    def skipped(self, annotator: str, name: str, reason: str, **more: Any) -> TaskSkipped:
        facts = {
            "task_id": self.id(name),
            "item_id": self.id(f"item {name}"),
            "spec_version": 1,
            "purpose": "work",
            "stage": "annotate",
            "annotator": self.pseudonym(annotator),
            "reason": reason,
        }
        return TaskSkipped(occurred_at=NOW, project=self.project, **{**facts, **more})

    def agreement(self, value: float, *, without: float | None = None, **more: Any) -> Any:
        facts = {
            "spec_version": 1,
            "field": "mood",
            "metric": "nominal",
            "value": value,
            "low": value - 0.05,
            "high": value + 0.05,
            "n_items": 100,
            "n_annotators": 5,
            "n_pairable": 300,
            "without_distrusted": None if without is None else self.measure(without),
        }
        return AgreementMeasured(occurred_at=NOW, project=self.project, **{**facts, **more})

    def measure(self, value: float) -> Measure:
        return Measure(
            value=value,
            low=value - 0.05,
            high=value + 0.05,
            n_items=90,
            n_annotators=4,
            n_pairable=200,
        )


class Quality:
    """The running service, with helpers to deliver events, read results and send requests."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self.app, self.http, self.tokens = app, http, tokens
        self.database = app.state.database

    async def deliver(self, *events: Event) -> None:
        """Deliver events as the consumer does."""
        await testing.deliver(self.database, quality_events.SUBSCRIPTIONS, *events)

    async def published(self, kind: Any = None) -> list[Any]:
        """Take all events out of the outbox; return those of `kind`, or all."""
        events = await testing.take_published(self.database, EVENTS)
        return [event for event in events if kind is None or isinstance(event, kind)]

    async def clear_inbox(self) -> None:
        """Empty the inbox, so that events delivered again count as new."""
        async with self.database.transaction() as transaction:
            await (await transaction.connection()).execute("TRUNCATE inbox")

    async def clear(self) -> None:
        """Empty all tables."""
        async with self.database.transaction() as transaction:
            names = [*await self._tables(transaction), "inbox", "outbox", "parked"]
            await (await transaction.connection()).execute(f"TRUNCATE {', '.join(names)}")

    async def stored(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of the tables of quality, and of the deferred events."""
        async with self.database.transaction() as transaction:
            connection = await transaction.connection()
            found = {}
            for name in [*await self._tables(transaction), "parked"]:
                rows = await connection.fetch(f"SELECT * FROM {name}")
                found[name] = sorted((tuple(row) for row in rows), key=repr)
            return found

    async def _tables(self, transaction: Any) -> list[str]:
        connection = await transaction.connection()
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return sorted({row["tablename"] for row in rows} - OWN_TABLES)

    async def get(self, path: str, name: str, *roles: str, **claims: Any) -> httpx.Response:
        """Send a GET request as `name` with these roles."""
        return await self.http.get(path, headers=self.tokens.bearer(name, *roles, **claims))

    async def put(self, annotator: str, body: Any, *roles: str, **claims: Any) -> httpx.Response:
        """Change an annotator, as an administrator unless other roles are given."""
        headers = self.tokens.bearer("boss", *(roles or ("admin",)), **claims)
        return await self.http.put(f"/v1/annotators/{annotator}", json=body, headers=headers)


@pytest.fixture
def make() -> EventFactory:
    """The factory of events."""
    return EventFactory()


@pytest.fixture(scope="session")
def migrated(postgres_server: Any) -> str:
    """The name of a migrated database, used as a template."""
    name: str = postgres_server.create_database()
    migrations.upgrade("quality_service", postgres_server.url(name))
    return name


@pytest.fixture
async def quality(
    fresh_database: Any, migrated: str, tokens: testing.Tokens
) -> AsyncIterator[Quality]:
    """The service with a fresh database."""
    app = create_app(testing.settings(Settings, tokens, fresh_database(migrated)))
    async with testing.serving(app) as http:
        yield Quality(app, http, tokens)
