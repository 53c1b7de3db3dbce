"""A task that all annotators skip goes to an adjudicator, by the queue and consensus together."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import httpx
import pytest

from chassis import migrations, testing
from chassis.db.database import Database
from schemas.canonical import digest
from schemas.envelope import Event
from schemas.events import EVENTS, SpecPublished, TaskCreated
from schemas.vocabulary import SkipReason, SpecDocument

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TASK = UUID(int=1)
BOUND = 3
PEOPLE = [f"annotator {n}" for n in range(BOUND + 3)]
TWO = [{"mood": "good"}, {"mood": "bad"}]


class Pair:
    """The queue and consensus, which get each other's events."""

    def __init__(self, http: httpx.AsyncClient, parts: list[tuple[Database, Any]]) -> None:
        self.http, self.parts = http, parts

    async def deliver(self, *events: Event) -> None:
        """Deliver `events` and all events that follow from them to both services."""
        batch = [*events, *await self._take_published()]
        while batch:
            for database, subscriptions in self.parts:
                await testing.deliver(database, subscriptions, *batch)
            batch = await self._take_published()

    async def _take_published(self) -> list[Event]:
        return [one for part in self.parts for one in await testing.take_published(part[0], EVENTS)]


@pytest.fixture
async def pair(fresh_database: Callable[[], str], tokens: testing.Tokens) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(_service("queue", fresh_database(), tokens))
        consensus = await stack.enter_async_context(_service("consensus", fresh_database(), tokens))
        yield Pair(queue[0], [queue[1:], consensus[1:]])


@asynccontextmanager
async def _service(
    name: str, url: str, tokens: testing.Tokens
) -> AsyncIterator[tuple[httpx.AsyncClient, Database, Any]]:
    package = f"{name}_service"
    await asyncio.to_thread(migrations.upgrade, package, url)
    settings = importlib.import_module(f"{package}.settings").Settings
    subscriptions = importlib.import_module(f"{package}.events").SUBSCRIPTIONS
    app = importlib.import_module(f"{package}.app").create_app(
        testing.settings(settings, tokens, url)
    )
    async with testing.serving(app) as http:
        yield http, app.state.database, subscriptions


def published() -> list[Event]:
    """Return the events of a spec version and of one task under it."""
    fields = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
    document = SpecDocument.model_validate(
        {"task_type": "mood", "fields": fields, "policy": {"skips_max": BOUND, "redundancy": 2}}
    ).model_dump(mode="json")
    head: dict[str, Any] = {"occurred_at": NOW, "project": "p", "spec_version": 1}
    spec = SpecPublished(**head, spec_hash=digest(document), document=document)
    task = TaskCreated(
        **head,
        task_id=TASK,
        item_id=UUID(int=2),
        external_id="x",
        revision=1,
        task_type="mood",
        payload={"text": "?"},
        payload_sha256="0" * 64,
        priority=5,
        purpose="work",
        redundancy=2,
        redundancy_max=4,
        overlap="all",
    )
    return [spec, task]


@pytest.mark.parametrize("reason", get_args(SkipReason))
async def test_nobody_is_offered_a_task_that_so_many_skipped_but_an_adjudicator(
    pair: Pair, tokens: testing.Tokens, reason: str
) -> None:
    await pair.deliver(*published())
    body: dict[str, Any] = {"reason": reason}
    if reason == "two_labels_fit":
        body["labels"] = TWO

    offered = []
    for name in [*PEOPLE, *PEOPLE]:
        who = tokens.bearer(name, "annotator")
        answer = await pair.http.post("/v1/leases", json={"projects": ["p"]}, headers=who)
        for lease in answer.json()["leases"]:
            offered.append(name)
            url = f"/v1/leases/{lease['lease_id']}/skip"
            skipped = await pair.http.post(url, json=body, headers=who)
            assert skipped.status_code == 204, skipped.text
        await pair.deliver()
    judge = tokens.bearer("judge", "adjudicator")
    answer = await pair.http.post("/v1/leases", json={"projects": ["p"]}, headers=judge)

    assert offered == PEOPLE[:BOUND]
    [lease] = answer.json()["leases"]
    assert lease["stage"] == "adjudicate"
    assert lease["context"]["reason"].startswith(f"It was skipped by {BOUND} annotators: ")
    labels = TWO if reason == "two_labels_fit" else []
    skip = {"reason": reason, "note": None, "labels": labels}
    assert lease["context"]["skips"] == [skip] * BOUND
