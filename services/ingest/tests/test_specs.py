"""Spec versions and the tasks that they create, tested against a real PostgreSQL."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from ingest_service import schedules
from ingest_service.operations import specs
from schemas.canonical import digest
from schemas.events import (
    EvidenceRelabelRequested,
    GoldRegistered,
    RelabelRequested,
    SpecPublished,
    TaskCreated,
    TaskWithdrawn,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
WIDER = [{"name": "mood", "kind": "choice", "options": ["good", "bad", "mixed"]}]
OTHER = [{"name": "tone", "kind": "choice", "options": ["warm", "cold"]}]


def item(n: int, text: str = "text", **more: Any) -> dict[str, Any]:
    return {"external_id": f"x{n}", "payload": {"text": f"{text} {n}"}, **more}


async def test_the_same_document_again_is_the_same_version(ingest: Any) -> None:
    body = {"task_type": "mood", "fields": FIELDS, "policy": {"redundancy": 3}}
    first = await ingest.post("/specs", body)
    again = await ingest.post("/specs", {**body, "policy": {}, "relabel": "all"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(await ingest.published(SpecPublished)) == 1


async def test_a_new_version_makes_undecided_tasks_again(ingest: Any, decided: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item(1), item(2)])
    await ingest.post_ok("/gold", [item(3, label={"mood": "good"}), item(4, label={"mood": "bad"})])
    tasks = {t.external_id: t for t in await ingest.published(TaskCreated)}
    await ingest.deliver(decided(tasks["x1"]))

    await ingest.publish(WIDER, relabel="evidence")
    await ingest.roll_out()

    events = await ingest.published(TaskWithdrawn, TaskCreated, GoldRegistered)
    gone = {e.task_id: e for e in events if isinstance(e, TaskWithdrawn)}
    made = {e.external_id: e for e in events if isinstance(e, TaskCreated)}
    assert set(gone) == {tasks[name].task_id for name in ("x2", "x3", "x4")}
    assert set(made) == {"x2", "x3", "x4"}
    assert {(t.spec_version, t.supersedes) for t in made.values()} == {
        (2, tasks[name].task_id) for name in made
    }
    assert {e.superseded_by for e in gone.values()} == {t.task_id for t in made.values()}
    assert len([e for e in events if isinstance(e, GoldRegistered)]) == 2
    assert (await ingest.view())["rolling_out"] == 0


async def test_gold_that_becomes_invalid_has_no_honeypot_until_it_is_valid_again(
    ingest: Any,
) -> None:
    await ingest.publish()
    await ingest.post_ok("/gold", [item(1, label={"mood": "good"})])
    await ingest.published()

    await ingest.publish(OTHER)
    await ingest.roll_out()
    under_other = await ingest.published(TaskWithdrawn, TaskCreated)
    await ingest.publish(FIELDS)
    await ingest.roll_out()
    under_first = await ingest.published(TaskWithdrawn, TaskCreated)

    assert [type(e) for e in under_other] == [TaskWithdrawn]
    assert [type(e) for e in under_first] == [TaskCreated]


@pytest.mark.parametrize(("relabel", "again"), [("none", 0), ("evidence", 0), ("all", 1)])
async def test_decided_labels_follow_the_request(
    ingest: Any, decided: Any, relabel: str, again: int
) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item(1)])
    [task] = await ingest.published(TaskCreated)
    await ingest.deliver(decided(task))

    await ingest.publish(WIDER, relabel=relabel)
    await ingest.roll_out()

    events = await ingest.published(TaskWithdrawn, TaskCreated)
    assert [type(e) for e in events] == [TaskCreated] * again


async def test_evidence_and_touched_labels_are_relabeled_once(ingest: Any, decided: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item(1), item(2), item(3)])
    tasks = await ingest.published(TaskCreated)
    await ingest.deliver(*(decided(task, n + 1) for n, task in enumerate(tasks)))
    await ingest.publish(WIDER, relabel="evidence")
    await ingest.roll_out()
    await ingest.published()
    ids = [task.item_id for task in tasks[:2]]
    evidence = EvidenceRelabelRequested(
        occurred_at=NOW, project="p", issue_id=uuid4(), spec_version=2, item_ids=[*ids, uuid4()]
    )
    touched = RelabelRequested(
        occurred_at=NOW, project="p", spec_version=2, item_ids=ids[:1], why="changed"
    )
    early = RelabelRequested(
        occurred_at=NOW, project="p", spec_version=1, item_ids=[tasks[2].item_id], why="old"
    )

    await ingest.deliver(evidence, touched, early)

    made = await ingest.published(TaskCreated, TaskWithdrawn)
    assert sorted(task.item_id for task in made) == sorted(ids)
    assert {task.spec_version for task in made} == {2}


async def test_a_decision_on_a_withdrawn_task_is_ignored(ingest: Any, decided: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item(1)])
    [task] = await ingest.published(TaskCreated)
    await ingest.publish(WIDER)
    await ingest.roll_out()

    await ingest.deliver(decided(task))

    assert (await ingest.view())["tasks"] == {"open": 1, "decided": 0, "withdrawn": 1}


async def test_a_large_rollout_goes_step_by_step_while_items_come_in(
    ingest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specs, "STEP_ITEMS", 10)
    await ingest.publish()
    await ingest.post_ok("/items", [item(n) for n in range(25)])
    await ingest.published()
    await ingest.publish(WIDER)

    async with ingest.database.transaction() as transaction:
        await schedules.roll_out(transaction, "p")
    some = await ingest.published(TaskCreated)
    await ingest.post_ok("/items", [item(99)])
    await ingest.publish(FIELDS)
    await ingest.roll_out()
    rest = await ingest.published(TaskCreated)

    assert len(some) == 10
    last = {task.external_id: task.spec_version for task in [*some, *rest]}
    assert last == {f"x{n}": 3 for n in [*range(25), 99]}
    view = await ingest.view()
    assert (view["tasks"]["open"], view["rolling_out"]) == (26, 0)


async def test_numbers_come_back_as_they_were_written(ingest: Any) -> None:
    await ingest.publish()
    payload = {"a": 1e16, "b": -0.0, "c": 1.0, "d": 1e-7, "e": 9007199254740991, "f": 0.1}
    await ingest.post_ok("/items", [{"external_id": "x1", "payload": payload}])
    await ingest.publish(WIDER)
    await ingest.roll_out()

    tasks = await ingest.published(TaskCreated)

    assert [digest(task.payload) for task in tasks] == [digest(payload)] * 2
    assert tasks[1].payload_sha256 == digest(payload)
