"""Importing items, gold and signals, tested against a real PostgreSQL."""

import asyncio
from typing import Any
from uuid import UUID

from chassis import migrations
from schemas.canonical import digest
from schemas.events import (
    GoldRegistered,
    SpecPublished,
    TaskCreated,
    TaskReprioritized,
    TaskWithdrawn,
)
from schemas.vocabulary import item_id


def item(n: int, text: str = "text", **more: Any) -> dict[str, Any]:
    return {"external_id": f"x{n}", "payload": {"text": f"{text} {n}"}, **more}


async def test_tables_and_migrations_say_the_same(fresh_database: Any) -> None:
    url = fresh_database()

    await asyncio.to_thread(migrations.upgrade, "ingest_service", url)

    await asyncio.to_thread(migrations.check, "ingest_service", url)


async def test_an_item_becomes_a_task_under_the_newest_spec(ingest: Any) -> None:
    await ingest.publish(redundancy=2, redundancy_max=4, skills=["reading"])
    verdict = await ingest.post_ok("/items", [item(1, priority=7, skills=["law"], source="mail")])

    published, task = await ingest.published(SpecPublished, TaskCreated)
    assert verdict == {"created": 1, "unchanged": 0, "changed": 0, "rejected": []}
    assert published.spec_hash == digest(published.document)
    assert task.item_id == item_id("p", "x1", "")
    assert (task.priority, task.source, task.skills) == (7, "mail", ["law", "reading"])
    assert (task.redundancy, task.redundancy_max, task.overlap) == (2, 4, "all")
    assert task.payload_sha256 == digest({"text": "text 1"})
    assert task.purpose == "work"


async def test_items_from_before_the_spec_get_their_tasks_when_it_comes(ingest: Any) -> None:
    await ingest.post_ok("/items", [item(1), item(2)])
    assert await ingest.published(TaskCreated) == []

    await ingest.publish()
    await ingest.roll_out()

    assert len(await ingest.published(TaskCreated)) == 2


async def test_a_repeated_item_is_unchanged_and_makes_no_task(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item(1), {"payload": {"text": "nameless"}}])
    await ingest.published()

    verdict = await ingest.post_ok("/items", [item(1), {"payload": {"text": "nameless"}}])

    assert verdict["unchanged"] == 2
    assert await ingest.published(TaskCreated) == []


async def test_a_changed_payload_is_a_new_revision_with_a_task_of_its_own(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item(1)])
    [old] = await ingest.published(TaskCreated)

    verdict = await ingest.post_ok("/items", [item(1, "other")])

    gone, new = await ingest.published(TaskWithdrawn, TaskCreated)
    assert verdict["changed"] == 1
    assert (gone.task_id, gone.reason, gone.superseded_by) == (
        old.task_id,
        "item_changed",
        new.task_id,
    )
    assert (new.revision, new.supersedes, new.item_id) == (2, old.task_id, old.item_id)


async def test_repeats_within_a_batch_apply_in_their_order(ingest: Any) -> None:
    await ingest.publish()

    verdict = await ingest.post_ok(
        "/items", [item(1), item(1), item(1, "b"), item(1, "c"), item(2)]
    )

    tasks = await ingest.published(TaskCreated)
    assert [warning["index"] for warning in verdict.pop("warnings")] == [2, 3]
    assert verdict == {"created": 2, "unchanged": 1, "changed": 2, "rejected": []}
    assert {(t.external_id, t.revision, t.payload["text"]) for t in tasks} == {
        ("x1", 3, "c 1"),
        ("x2", 1, "text 2"),
    }


async def test_one_bad_item_never_stops_the_rest(ingest: Any) -> None:
    await ingest.publish()
    batch = [
        item(1),
        {"payload": "text"},
        item(2, priority=11),
        "x",
        item(3, hue="red"),
        item(4),
    ]

    verdict = await ingest.post_ok("/items", batch)

    places = [(r["index"], r["problem"]["pointer"]) for r in verdict["rejected"]]
    assert verdict["created"] == 2
    assert places == [(1, "/payload"), (2, "/priority"), (3, ""), (4, "/hue")]


async def test_a_key_gives_a_retry_the_verdict_of_the_first_time(ingest: Any) -> None:
    batch = [item(1), {"payload": 1}]
    first = await ingest.post_ok("/items", batch, **{"idempotency-key": "k"})

    again = await ingest.post_ok("/items", batch, **{"idempotency-key": "k"})
    other = await ingest.post("/items", [item(9)], **{"idempotency-key": "k"})
    plain = await ingest.post_ok("/items", batch)

    assert first == again
    assert first["created"] == 1
    assert other.status_code == 422
    assert other.json()["type"] == "urn:problem:key-reused"
    assert plain["unchanged"] == 1


async def test_the_same_batch_twice_at_once_makes_each_task_once(ingest: Any) -> None:
    await ingest.publish()
    batch = [item(n) for n in range(300)]

    verdicts = await asyncio.gather(*(ingest.post_ok("/items", batch) for _ in range(4)))

    assert sorted(verdict["created"] for verdict in verdicts) == [0, 0, 0, 300]
    assert len(await ingest.published(TaskCreated)) == 300


async def test_an_item_may_say_how_many_people_label_it(ingest: Any) -> None:
    await ingest.publish(redundancy=2, redundancy_max=3)

    await ingest.post_ok("/items", [item(1, redundancy=7), item(2)])

    tasks = {t.external_id: t for t in await ingest.published(TaskCreated)}
    assert (tasks["x1"].redundancy, tasks["x1"].redundancy_max) == (7, 7)
    assert (tasks["x2"].redundancy, tasks["x2"].redundancy_max) == (2, 3)


async def test_only_the_random_sample_is_labeled_by_several(ingest: Any) -> None:
    await ingest.publish(redundancy=3, overlap_share=0.3)

    await ingest.post_ok("/items", [item(n) for n in range(1000)])

    tasks = await ingest.published(TaskCreated)
    sampled = [t for t in tasks if t.overlap == "random"]
    assert 230 < len(sampled) < 370
    assert {t.redundancy for t in sampled} == {3}
    assert {(t.overlap, t.redundancy) for t in tasks if t not in sampled} == {("none", 1)}


async def test_a_large_payload_travels_as_a_blob(ingest: Any) -> None:
    await ingest.publish()
    payload = {"text": "é" * 200_000}

    await ingest.post_ok("/items", [{"external_id": "x1", "payload": payload}])

    [task] = await ingest.published(TaskCreated)
    blob = await ingest.http.get(f"/v1/blobs/{task.blob}", headers=ingest.owner)
    assert task.payload is None
    assert task.blob == task.payload_sha256 == digest(payload)
    assert blob.json() == payload


async def test_gold_becomes_a_honeypot_and_nothing_else(ingest: Any) -> None:
    await ingest.publish()
    gold = item(1, label={"mood": "good"}, rules=["R1"])

    verdict = await ingest.post_ok("/gold", [gold])
    again = await ingest.post_ok("/gold", [gold])

    task, registered = await ingest.published(TaskCreated, GoldRegistered)
    view = await ingest.view()
    assert (verdict["created"], again["unchanged"]) == (1, 1)
    assert task.purpose == "honeypot"
    assert (registered.task_id, registered.label, registered.rules) == (
        task.task_id,
        {"mood": "good"},
        ["R1"],
    )
    assert (view["items"], view["gold"], view["tasks"]["open"]) == (0, 1, 0)


async def test_a_honeypot_differs_from_work_by_its_purpose_alone(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item(1)])
    await ingest.post_ok("/gold", [item(2, label={"mood": "good"})])

    work, honeypot = (task.model_dump() for task in await ingest.published(TaskCreated))
    own = {"event_id", "occurred_at", "task_id", "item_id", "external_id", "payload"}
    own |= {"payload_sha256", "purpose", "position"}
    assert {k: v for k, v in work.items() if k not in own} == {
        k: v for k, v in honeypot.items() if k not in own
    }


async def test_gold_that_is_no_label_is_rejected_with_its_place(ingest: Any) -> None:
    without_spec = await ingest.post("/gold", [item(1, label={"mood": "good"})])
    await ingest.publish()

    verdict = await ingest.post_ok("/gold", [item(1, label={"mood": "sad"}), item(2)])

    assert without_spec.status_code == 409
    assert [(r["index"], r["problem"]["pointer"]) for r in verdict["rejected"]] == [
        (0, "/label/mood"),
        (1, "/label"),
    ]


async def test_another_gold_label_replaces_the_honeypot(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/gold", [item(1, label={"mood": "good"})])
    [old] = await ingest.published(TaskCreated)

    verdict = await ingest.post_ok("/gold", [item(1, label={"mood": "bad"})])

    gone, new, registered = await ingest.published(TaskWithdrawn, TaskCreated, GoldRegistered)
    assert verdict["changed"] == 1
    assert (gone.task_id, gone.superseded_by) == (old.task_id, new.task_id)
    assert (registered.task_id, registered.label) == (new.task_id, {"mood": "bad"})


async def test_gold_with_a_changed_payload_is_no_longer_a_honeypot(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/gold", [item(1, label={"mood": "good"})])
    [honeypot] = await ingest.published(TaskCreated)

    await ingest.post_ok("/items", [item(1, "other")])

    gone, work = await ingest.published(TaskWithdrawn, TaskCreated)
    assert (gone.task_id, gone.reason) == (honeypot.task_id, "item_changed")
    assert work.purpose == "work"


async def test_an_item_may_be_work_and_gold(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/gold", [item(1, label={"mood": "good"})])

    verdict = await ingest.post_ok("/items", [item(1)])

    honeypot, work = await ingest.published(TaskCreated, TaskWithdrawn)
    assert verdict["created"] == 1
    assert (honeypot.purpose, work.purpose) == ("honeypot", "work")
    assert honeypot.item_id == work.item_id


async def test_a_signal_raises_reopens_or_creates_an_item(ingest: Any, decided: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item(1), item(2)])
    first, second = await ingest.published(TaskCreated)
    await ingest.deliver(decided(second))

    verdict = await ingest.post_ok(
        "/signals",
        [
            {"external_id": "x1", "kind": "low_confidence", "score": 0.4, "model": "m"},
            {"item_id": str(second.item_id), "kind": "user_correction", "reason": "wrong"},
            {"external_id": "x3", "payload": {"text": "new"}, "kind": "eval_regression"},
            {"external_id": "x4", "kind": "eval_regression"},
            {"external_id": "x2", "kind": "eval_regression"},
            {"kind": "eval_regression"},
            {"external_id": "x1", "kind": "Bad Kind"},
        ],
    )

    events = await ingest.published(TaskReprioritized, TaskCreated)
    raised = [e for e in events if isinstance(e, TaskReprioritized)]
    reopened = next(e for e in events if getattr(e, "reopens", None))
    created = next(e for e in events if getattr(e, "external_id", None) == "x3")
    assert (verdict["raised"], verdict["reopened"], verdict["created"]) == (2, 1, 1)
    assert [(r["index"], r["problem"]["pointer"]) for r in verdict["rejected"]] == [
        (3, "/external_id"),
        (5, "/external_id"),
        (6, "/kind"),
    ]
    assert [(e.task_id, e.priority, e.signals[0].model) for e in raised] == [
        (first.task_id, 8, "m")
    ]
    assert (reopened.reopens, reopened.priority) == (second.task_id, 8)
    assert [s.kind for s in reopened.signals] == ["user_correction", "eval_regression"]
    assert (created.priority, created.payload) == (8, {"text": "new"})


async def test_an_item_can_be_opened_again_and_again(ingest: Any, decided: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item(1)])
    [task] = await ingest.published(TaskCreated)

    for number in range(1, 4):
        await ingest.deliver(decided(task, number))
        verdict = await ingest.post_ok("/signals", [{"external_id": "x1", "kind": "doubt"}])
        old, [task] = task, await ingest.published(TaskCreated)
        assert verdict["reopened"] == 1
        assert task.reopens == old.task_id


async def test_ten_thousand_items_take_seconds(ingest: Any) -> None:
    await ingest.publish()
    loop = asyncio.get_running_loop()
    started = loop.time()

    verdict = await ingest.post_ok("/items", [item(n) for n in range(10_000)])

    assert verdict["created"] == 10_000
    assert loop.time() - started < 10
    async with ingest.database.transaction() as transaction:
        connection = await transaction.connection()
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 10_001


async def test_a_signal_cannot_reach_an_item_of_another_project(ingest: Any) -> None:
    other = {"name": "q", "title": "Q"}
    await ingest.http.post("/v1/projects", json=other, headers=ingest.owner)
    await ingest.publish()
    await ingest.post_ok("/items", [item(1)])

    foreign = item_id("p", "x1", "")
    answer = await ingest.http.post(
        "/v1/projects/q/signals",
        json=[{"item_id": str(foreign), "kind": "doubt"}],
        headers=ingest.owner,
    )

    assert answer.json()["rejected"][0]["problem"]["pointer"] == "/item_id"
    assert isinstance(foreign, UUID)
