"""The event handlers of ingest: repeated events, and events about unknown items, change nothing."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from chassis import testing
from chassis.db.database import Database
from ingest_service import events as ingest_events
from ingest_service import schedules
from schemas.events import (
    EVENTS,
    EvidenceRelabelRequested,
    LabelDecided,
    RelabelRequested,
    TaskCreated,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]


class Ingest(NamedTuple):
    """The service with its own database."""

    http: httpx.AsyncClient
    database: Database


@pytest.fixture
async def ingest(app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> Ingest:
    http.headers.update(tokens.bearer("olga", "admin"))
    await http.post("/v1/projects", json={"name": "p", "title": "P"})
    return Ingest(http, app.state.database)


async def deliver(ingest: Ingest, *events: Any) -> None:
    await testing.deliver(ingest.database, ingest_events.SUBSCRIPTIONS, *events)


async def created_tasks(ingest: Ingest) -> list[Any]:
    events = await testing.take_published(ingest.database, EVENTS)
    return [event for event in events if isinstance(event, TaskCreated)]


async def two_versions(ingest: Ingest) -> list[TaskCreated]:
    """Decide two tasks under version 1, then publish version 2; return the tasks."""
    spec = {"task_type": "mood", "fields": FIELDS}
    await ingest.http.post("/v1/projects/p/specs", json=spec)
    rows = [{"external_id": f"x{n}", "payload": {"n": n}} for n in range(2)]
    await ingest.http.post("/v1/projects/p/items", json=rows)
    tasks = await created_tasks(ingest)
    await deliver(ingest, *(decided(task) for task in tasks))
    await ingest.http.post("/v1/projects/p/specs", json={**spec, "task_type": "moods"})
    async with ingest.database.transaction() as transaction:
        await schedules.roll_out(transaction, "p")
    return tasks


def decided(task: TaskCreated) -> LabelDecided:
    return LabelDecided(
        occurred_at=NOW,
        project="p",
        decision_no=1,
        task_id=task.task_id,
        item_id=task.item_id,
        spec_version=1,
        label={"mood": "good"},
        confidence=1.0,
        how="unanimous",
        why="",
        annotation_ids=[],
    )


async def clear_inbox(ingest: Ingest) -> None:
    async with ingest.database.transaction() as transaction:
        await (await transaction.connection()).execute("DELETE FROM inbox")


async def test_events_delivered_twice_change_nothing_even_with_an_empty_inbox(
    ingest: Ingest,
) -> None:
    tasks = await two_versions(ingest)
    ids = [task.item_id for task in tasks]
    evidence = EvidenceRelabelRequested(
        occurred_at=NOW, project="p", issue_id=uuid4(), spec_version=2, item_ids=ids[:1]
    )
    touched = RelabelRequested(
        occurred_at=NOW, project="p", spec_version=2, item_ids=ids, why="changed"
    )
    everything = [*(decided(task) for task in tasks), evidence, touched]
    await deliver(ingest, *everything)
    first = await created_tasks(ingest)

    await deliver(ingest, *everything)
    await clear_inbox(ingest)
    await deliver(ingest, *everything)

    assert sorted(task.item_id for task in first) == sorted(ids)
    assert await created_tasks(ingest) == []


async def test_events_about_unknown_items_are_ignored(ingest: Ingest) -> None:
    stranger: dict[str, Any] = {
        "occurred_at": NOW,
        "project": "nowhere",
        "item_ids": [uuid4()],
        "spec_version": 2,
    }

    await deliver(
        ingest,
        RelabelRequested(**stranger, why="changed"),
        EvidenceRelabelRequested(**stranger, issue_id=uuid4()),
    )

    assert await created_tasks(ingest) == []


async def test_the_open_task_of_an_item_is_not_made_again_by_its_evidence(
    ingest: Ingest,
) -> None:
    tasks = await two_versions(ingest)
    again = [
        RelabelRequested(
            occurred_at=NOW, project="p", spec_version=2, item_ids=[tasks[0].item_id], why=why
        )
        for why in ("one", "two")
    ]

    await deliver(ingest, *again)

    assert len(await created_tasks(ingest)) == 1
