"""A client of the consensus service under test, and events of other services."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from chassis import testing
from consensus_service import events as events_module
from schemas.canonical import digest
from schemas.events import (
    EVENTS,
    AdjudicationDecided,
    AnnotationSubmitted,
    AnnotatorStandingChanged,
    SpecPublished,
    TaskCreated,
)
from schemas.vocabulary import Accuracy, SpecDocument

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad", "odd"]}]
TASK, ITEM = UUID(int=1), UUID(int=1001)


class Consensus:
    """The service with a database of its own."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self.http, self.tokens, self.database = http, tokens, app.state.database

    async def handle(self, *events: Any) -> None:
        await testing.deliver(self.database, events_module.SUBSCRIPTIONS, *events)

    async def published(self) -> list[Any]:
        return list(await testing.take_published(self.database, EVENTS))

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path, headers=self.tokens.bearer("lead", "spec_owner"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def forget_inbox(self) -> None:
        async with self.database.transaction() as transaction:
            await (await transaction.connection()).execute("DELETE FROM inbox")


def spec(version: int = 1, relabel: Any = "none", fields: Any = None, **policy: Any) -> Any:
    document = SpecDocument.model_validate(
        {"task_type": "mood", "fields": fields or FIELDS, "policy": {"redundancy": 2, **policy}}
    ).model_dump(mode="json")
    return SpecPublished(
        occurred_at=NOW,
        project="p",
        spec_version=version,
        spec_hash=digest({**document, "v": version}),
        document=document,
        relabel=relabel,
    )


def task(n: int = 1, **more: Any) -> TaskCreated:
    facts: dict[str, Any] = {
        "task_id": UUID(int=n),
        "item_id": UUID(int=1000 + n),
        "external_id": f"x{n}",
        "revision": 1,
        "spec_version": 1,
        "task_type": "mood",
        "payload": {},
        "payload_sha256": "0" * 64,
        "priority": 5,
        "purpose": "work",
        "redundancy": 2,
        "redundancy_max": 4,
        "overlap": "all",
    }
    return TaskCreated(occurred_at=NOW, project="p", **{**facts, **more})


def vote(annotator: int, mood: str, n: int = 1, **more: Any) -> AnnotationSubmitted:
    facts: dict[str, Any] = {
        "annotation_id": UUID(int=10_000 * n + annotator),
        "task_id": UUID(int=n),
        "item_id": UUID(int=1000 + n),
        "spec_version": 1,
        "purpose": "work",
        "annotator": f"{annotator:032x}",
        "annotator_kind": "human",
        "standing": "new",
        "label": {"mood": mood},
        "leased_at": NOW,
        "submitted_at": NOW,
    }
    return AnnotationSubmitted(occurred_at=NOW, project="p", **{**facts, **more})


def standing(annotator: int, state: Any) -> AnnotatorStandingChanged:
    return AnnotatorStandingChanged(
        occurred_at=NOW,
        project="p",
        annotator=f"{annotator:032x}",
        standing=state,
        reason="by hand",
        accuracy=Accuracy(value=None, low=None, high=None, n=0),
    )


def adjudication(mood: str = "bad") -> AdjudicationDecided:
    return AdjudicationDecided(
        occurred_at=NOW,
        project="p",
        adjudication_id=UUID(int=77),
        task_id=TASK,
        item_id=ITEM,
        spec_version=1,
        adjudicator="f" * 32,
        label={"mood": mood},
        rationale="the text says so",
        cause="slip",
    )
