"""The Kafka door of ingest: what comes twice, or about what is not there, changes nothing."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from chassis import testing
from chassis.database import Sessions, raw, transaction
from ingest_service import events, schedules
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
    """The service over its own database."""

    http: httpx.AsyncClient
    sessions: Sessions


@pytest.fixture
async def ingest(app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> Ingest:
    http.headers.update(tokens.bearer("olga", "admin"))
    await http.post("/v1/projects", json={"name": "p", "title": "P"})
    return Ingest(http, app.state.sessions)


async def tell(ingest: Ingest, *told: Any) -> None:
    await testing.hear(ingest.sessions, events.SUBSCRIPTIONS, *told)


async def said(ingest: Ingest) -> list[Any]:
    told = await testing.said(ingest.sessions, EVENTS)
    return [event for event in told if isinstance(event, TaskCreated)]


async def two_versions(ingest: Ingest) -> list[TaskCreated]:
    """Two decided tasks under version 1, and version 2 published after them."""
    spec = {"task_type": "mood", "fields": FIELDS}
    await ingest.http.post("/v1/projects/p/specs", json=spec)
    rows = [{"external_id": f"x{n}", "payload": {"n": n}} for n in range(2)]
    await ingest.http.post("/v1/projects/p/items", json=rows)
    tasks = await said(ingest)
    await tell(ingest, *(decided(task) for task in tasks))
    await ingest.http.post("/v1/projects/p/specs", json={**spec, "task_type": "moods"})
    async with transaction(ingest.sessions) as session:
        await schedules.roll_out(session, "p")
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


async def forget_what_came(ingest: Ingest) -> None:
    async with transaction(ingest.sessions) as session:
        await (await raw(session)).execute("DELETE FROM inbox")


async def test_every_event_twice_changes_nothing_even_into_an_empty_inbox(
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
    await tell(ingest, *everything)
    first = await said(ingest)

    await tell(ingest, *everything)
    await forget_what_came(ingest)
    await tell(ingest, *everything)

    assert sorted(task.item_id for task in first) == sorted(ids)
    assert await said(ingest) == []


async def test_what_is_about_nothing_known_is_passed_over(ingest: Ingest) -> None:
    stranger: dict[str, Any] = {
        "occurred_at": NOW,
        "project": "nowhere",
        "item_ids": [uuid4()],
        "spec_version": 2,
    }

    await tell(
        ingest,
        RelabelRequested(**stranger, why="changed"),
        EvidenceRelabelRequested(**stranger, issue_id=uuid4()),
    )

    assert await said(ingest) == []


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

    await tell(ingest, *again)

    assert len(await said(ingest)) == 1
