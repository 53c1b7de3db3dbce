"""A client of the queue under test, and events of other services, for one-line calls."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from chassis import testing
from queue_service.app import add_caches
from queue_service.events import SUBSCRIPTIONS
from queue_service.operations import leases, second_look
from schemas.canonical import digest
from schemas.events import (
    EVENTS,
    AnnotatorStandingChanged,
    ConflictRaised,
    RedundancyRaised,
    ReviewRequested,
    SkillChanged,
    SpecPublished,
    TaskCreated,
    TaskReprioritized,
    TaskWithdrawn,
)
from schemas.vocabulary import Accuracy, SpecDocument

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
GOOD: dict[str, Any] = {"mood": "good"}
BAD: dict[str, Any] = {"mood": "bad"}
ROLES = {"annotation": "annotator", "adjudication": "adjudicator", "review": "reviewer"}
LATER = {"adjudicate": "adjudicator", "review": "reviewer"}
"""The later stages with their roles."""
AT_ONCE = {"experienced_first_seconds": 0}
_TABLES = """
SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""


class Queue:
    """The service over its own database."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self.app, self.http, self.tokens = app, http, tokens
        self.database = app.state.database

    async def deliver(self, *events: Any) -> None:
        await testing.deliver(self.database, SUBSCRIPTIONS, *events)

    async def published(self) -> list[Any]:
        return list(await testing.take_published(self.database, EVENTS))

    async def sql(self, statement: str, *words: Any) -> list[Any]:
        async with self.database.transaction() as transaction:
            return list(await (await transaction.connection()).fetch(statement, *words))

    async def empty(self) -> None:
        """Clear the database and the caches."""
        [tables] = await self.sql(_TABLES)
        await self.sql(f"TRUNCATE {tables[0]}")
        add_caches(self.app, self.app.state.settings)

    async def lease(self, name: str, *roles: str, **body: Any) -> list[dict[str, Any]]:
        who = self.tokens.bearer(name, *(roles or ("annotator",)))
        answer = await self.http.post("/v1/leases", json=body, headers=who)
        assert answer.status_code == 200, answer.text
        leases: list[dict[str, Any]] = answer.json()["leases"]
        return leases

    async def put(self, name: str, lease: dict[str, Any], what: str, body: Any) -> httpx.Response:
        who = self.tokens.bearer(name, ROLES.get(what, "annotator"))
        url = f"/v1/leases/{lease['lease_id']}/{what}"
        return await self.http.put(url, json=body, headers=who)

    async def answer(self, name: str, lease: dict[str, Any], label: Any) -> httpx.Response:
        return await self.put(name, lease, "annotation", {"label": label})

    async def settle(self, name: str, lease: dict[str, Any], label: Any = GOOD) -> httpx.Response:
        body = {"label": label, "rationale": "clear", "cause": "slip"}
        return await self.put(name, lease, "adjudication", body)

    async def skip(self, name: str, lease: dict[str, Any], reason: str, **more: Any) -> Any:
        who = self.tokens.bearer(name, *ROLES.values())
        url = f"/v1/leases/{lease['lease_id']}/skip"
        return await self.http.post(url, json={"reason": reason, **more}, headers=who)

    async def release(self, name: str, lease: dict[str, Any]) -> httpx.Response:
        who = self.tokens.bearer(name, *ROLES.values())
        return await self.http.delete(f"/v1/leases/{lease['lease_id']}", headers=who)

    async def expire(self, now: datetime = FAR) -> None:
        """Expire leases as of `now`."""
        async with self.database.transaction() as transaction:
            await leases.expire_leases(transaction, now)

    async def move(self, now: datetime) -> None:
        """Escalate work as of `now`."""
        async with self.database.transaction() as transaction:
            await second_look.escalate_due(transaction, now)

    async def voted(self, *names: str) -> list[UUID]:
        """Annotate all leases of each annotator, with alternating labels; return the ids."""
        for n, name in enumerate(names):
            for lease in await self.lease(name, count=9):
                await self.answer(name, lease, (GOOD, BAD)[n % 2])
        return [event.annotation_id for event in await self.published()]

    async def may(self, names: Sequence[str], stage: str) -> list[str]:
        """Return those who get work at a later stage; they release it."""
        found = []
        for name in names:
            leases = await self.lease(name, LATER[stage])
            found += [name] if leases else []
            for lease in leases:
                await self.release(name, lease)
        return found

    async def explain(self, name: str, *roles: str, **query: Any) -> Any:
        who = self.tokens.bearer(name, *(roles or ("annotator",)))
        answer = await self.http.get("/v1/explain", params={"project": "p", **query}, headers=who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def has_skill(self, name: str, skill: str, level: int, project: str = "p") -> SkillChanged:
        return SkillChanged(
            occurred_at=NOW,
            project=project,
            annotator=self.tokens.pseudonym(name),
            skill=skill,
            level=level,
        )

    def has_standing(
        self, name: str, standing: Any, project: str = "p"
    ) -> AnnotatorStandingChanged:
        return AnnotatorStandingChanged(
            occurred_at=NOW,
            project=project,
            annotator=self.tokens.pseudonym(name),
            standing=standing,
            reason="by hand",
            accuracy=Accuracy(value=None, low=None, high=None, n=0),
        )


def texts(leases: Sequence[dict[str, Any]]) -> list[str]:
    """Return the texts of the leased items."""
    return [lease["payload"]["text"] for lease in leases]


def spec(version: int = 1, project: str = "p", **policy: Any) -> SpecPublished:
    policy = {"redundancy": 2, "honeypots": {"first_rate": 0.0, "rate": 0.0}, **policy}
    document = SpecDocument.model_validate(
        {"task_type": "mood", "fields": FIELDS, "policy": policy}
    ).model_dump(mode="json")
    return SpecPublished(
        occurred_at=NOW,
        project=project,
        spec_version=version,
        spec_hash=digest({**document, "v": version, "project": project}),
        document=document,
    )


def task(n: int = 1, **more: Any) -> TaskCreated:
    facts: dict[str, Any] = {
        "occurred_at": NOW,
        "project": "p",
        "task_id": UUID(int=n),
        "item_id": UUID(int=1000 + n),
        "external_id": f"x{n}",
        "revision": 1,
        "spec_version": 1,
        "task_type": "mood",
        "payload": {"text": f"text {n}"},
        "payload_sha256": "0" * 64,
        "priority": 5,
        "purpose": "work",
        "redundancy": 2,
        "redundancy_max": 3,
        "overlap": "all",
    }
    return TaskCreated(**{**facts, **more})


def honeypot(n: int = 1, **more: Any) -> TaskCreated:
    """Return the task of a honeypot with its own item."""
    ids = {"task_id": UUID(int=500_000 + n), "item_id": UUID(int=600_000 + n)}
    facts = {"external_id": f"g{n}", "payload": {"text": f"gold {n}"}, "purpose": "honeypot"}
    return task(n, **{**ids, **facts, **more})


def conflict(votes: Sequence[UUID] = (), n: int = 1, **more: Any) -> ConflictRaised:
    facts: dict[str, Any] = {
        "occurred_at": NOW,
        "project": "p",
        "task_id": UUID(int=n),
        "item_id": UUID(int=1000 + n),
        "spec_version": 1,
        "fields": ["mood"],
        "reason": "no share reaches the threshold",
        "annotation_ids": list(votes),
    }
    return ConflictRaised(**{**facts, **more})


def review(n: int = 1, **more: Any) -> ReviewRequested:
    facts: dict[str, Any] = {
        "occurred_at": NOW,
        "project": "p",
        "review_id": UUID(int=700_000 + n),
        "task_id": UUID(int=n),
        "item_id": UUID(int=1000 + n),
        "spec_version": 1,
        "decision_no": 1,
        "label": GOOD,
        "reason": "sampled",
    }
    return ReviewRequested(**{**facts, **more})


def policy(stage: str, **settings: Any) -> dict[str, Any]:
    """Return the policy of a later stage."""
    return {{"adjudicate": "adjudication", "review": "review"}[stage]: settings}


def second_look_event(stage: str, n: int = 1, **more: Any) -> ConflictRaised | ReviewRequested:
    """Return the event that requests a review or an adjudication."""
    return conflict(n=n, **more) if stage == "adjudicate" else review(n, **more)


def raised(n: int, target: int) -> RedundancyRaised:
    return RedundancyRaised(
        occurred_at=NOW, project="p", task_id=UUID(int=n), target=target, why="uncertain"
    )


def reprioritized(n: int, priority: int) -> TaskReprioritized:
    return TaskReprioritized(occurred_at=NOW, project="p", task_id=UUID(int=n), priority=priority)


def withdrawn(n: int, **more: Any) -> TaskWithdrawn:
    facts = {"task_id": UUID(int=n), "reason": "withdrawn", **more}
    return TaskWithdrawn(occurred_at=NOW, project="p", **facts)
