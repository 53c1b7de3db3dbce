"""The states of items and the versions of datasets, tested against a real PostgreSQL."""

import asyncio
from typing import Any

import pytest

from chassis import migrations
from dataset_store_service.operations import event_handlers
from schemas.events import (
    SpecPublished,
    TaskCreated,
)

WIDER = [{"name": "mood", "kind": "choice", "options": ["good", "bad", "mixed"]}]


async def test_tables_and_migrations_say_the_same(fresh_database: Any) -> None:
    url = fresh_database()

    await asyncio.to_thread(migrations.upgrade, "dataset_store_service", url)

    await asyncio.to_thread(migrations.check, "dataset_store_service", url)


async def summary(store: Any) -> dict[str, Any]:
    counts: dict[str, Any] = await store.get("/projects/p/labels/summary")
    return {name: count for name, count in counts.items() if count and name != "project"}


async def test_an_item_without_a_decision_is_pending(store: Any, history: Any) -> None:
    history.spec()
    history.task()
    await store.deliver(history.events)

    assert await summary(store) == {"items": 1, "pending": 1}


async def test_a_decision_is_released_when_its_last_annotation_arrives(
    store: Any, history: Any
) -> None:
    history.spec()
    task = history.task()
    ids = history.annotations(task, {"mood": "good"}, {"mood": "good"})
    history.decision(task, ids)
    last = history.events.pop(-2)

    await store.deliver(history.events)
    before = await summary(store)
    await store.deliver([last])
    after = await summary(store)

    assert before == {"items": 1, "unreleased": 1, "last_decision_no": 1}
    assert after == {"items": 1, "decided": {"unanimous": 1}, "last_decision_no": 1}


@pytest.mark.parametrize("missing", [SpecPublished, TaskCreated])
async def test_a_decision_without_its_task_or_its_spec_is_not_released(
    store: Any, history: Any, missing: type[Any]
) -> None:
    history.spec()
    history.decided()

    await store.deliver([event for event in history.events if not isinstance(event, missing)])
    before = await summary(store)
    await store.deliver(history.events)

    assert before == {"items": 1, "unreleased": 1, "last_decision_no": 1}
    assert (await summary(store))["decided"] == {"unanimous": 1}


async def test_of_two_last_facts_at_once_the_later_releases(store: Any, history: Any) -> None:
    history.spec()
    history.decided()
    *_, vote, decision = history.events
    await store.deliver(history.events[:-2])

    async with store.database.transaction() as transaction:
        await event_handlers.on_annotation(transaction, [vote])
        later = asyncio.create_task(store.deliver([decision]))
        await asyncio.wait([later], timeout=0.5)
    await later

    assert (await summary(store))["decided"] == {"unanimous": 1}


async def test_a_resolved_conflict_stays_resolved_by_its_first_decision(
    store: Any, history: Any
) -> None:
    history.spec()
    task = history.task()
    history.conflict(task, [])
    adjudicated = history.decision(task, [history.adjudication(task)], "adjudicated")
    await store.deliver(history.events)
    history.decision(task, adjudicated.annotation_ids, "review")
    await store.deliver(history.events)

    at_first = await store.publish(decision_no=1)

    [record] = await store.records(at_first["hash"])
    assert record["how"] == "adjudicated"


async def test_a_conflict_is_contested_until_it_is_adjudicated(store: Any, history: Any) -> None:
    history.spec()
    task = history.task()
    ids = history.annotations(task, {"mood": "good"}, {"mood": "bad"})
    history.conflict(task, ids)
    await store.deliver(history.events)
    before = await summary(store)

    adjudication = history.adjudication(task)
    history.decision(task, [*ids, adjudication], "adjudicated")
    await store.deliver(history.events)

    assert before == {"items": 1, "contested": 1}
    assert (await summary(store))["decided"] == {"adjudicated": 1}
    published = await store.publish()
    [record] = await store.records(published["hash"])
    assert record["adjudication"]["adjudication_id"] == str(adjudication)
    assert record["adjudication"]["cause"] == "slip"
    assert [entry["annotation_id"] for entry in record["annotations"]] == sorted(map(str, ids))


async def test_a_decided_label_that_is_contested_again_is_in_no_version(
    store: Any, history: Any
) -> None:
    history.spec()
    history.decided()
    task, decision = history.decided()
    history.conflict(task, decision.annotation_ids)
    await store.deliver(history.events)

    published = await store.publish()

    assert published["records"] == 1
    assert published["left_out"] == {
        "contested": 1,
        "pending": 0,
        "review_pending": 0,
        "unreleased": 0,
        "withdrawn": 0,
    }


async def test_a_version_as_of_an_earlier_decision_leaves_out_later_contested_items(
    store: Any, history: Any
) -> None:
    history.spec()
    history.decided()
    task, decision = history.decided()
    history.conflict(task, decision.annotation_ids)
    adjudication = history.adjudication(task)
    history.decision(task, [*decision.annotation_ids, adjudication], "adjudicated")
    await store.deliver(history.events)

    early = await store.publish(decision_no=2)
    late = await store.publish(decision_no=3)

    assert (early["records"], early["left_out"]["contested"]) == (1, 1)
    assert (late["records"], late["left_out"]["contested"]) == (2, 0)


async def test_the_old_label_stands_while_the_item_is_labeled_again(
    store: Any, history: Any
) -> None:
    history.spec()
    task, _ = history.decided()
    history.spec(2, WIDER)
    again = history.task(task, spec_version=2, supersedes=task.task_id)
    await store.deliver(history.events)
    old = await store.publish()

    ids = history.annotations(again, {"mood": "good"}, {"mood": "good"})
    history.decision(again, ids)
    await store.deliver(history.events)
    new = await store.publish()

    [before], [after] = [await store.records(v["hash"]) for v in (old, new)]
    assert (before["spec_version"], after["spec_version"]) == (1, 2)
    manifest = await store.get(f"/versions/{new['hash']}")
    assert set(manifest["specs"]) == {"2"}
    assert manifest["fields"] == {"2": WIDER}


async def test_a_conflict_under_a_newer_spec_holds_the_old_label_back(
    store: Any, history: Any
) -> None:
    history.spec()
    history.spec(2, WIDER)
    task, _ = history.decided()
    again = history.task(task, spec_version=2, supersedes=task.task_id)
    history.conflict(again, [])
    await store.deliver(history.events)

    assert await summary(store) == {"items": 1, "contested": 1, "last_decision_no": 1}


async def test_a_conflict_under_an_older_spec_ends_with_the_newer_label(
    store: Any, history: Any
) -> None:
    history.spec()
    history.spec(2, WIDER)
    task = history.task()
    history.conflict(task, [])
    history.withdrawn(task)
    again = history.task(task, spec_version=2, supersedes=task.task_id)
    await store.deliver(history.events)
    before = await summary(store)

    history.decision(again, history.annotations(again, {"mood": "good"}))
    await store.deliver(history.events)

    assert before == {"items": 1, "contested": 1}
    assert (await summary(store))["decided"] == {"unanimous": 1}


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [((), "review_pending"), (("accept",), "decided"), (("fix",), "review_pending")],
)
async def test_a_label_under_review_waits(
    store: Any, history: Any, verdicts: tuple[str, ...], state: str
) -> None:
    history.spec()
    task, decision = history.decided()
    history.review(task, decision, *verdicts)
    await store.deliver(history.events)

    assert state in await summary(store)


async def test_a_fixed_label_supersedes(store: Any, history: Any) -> None:
    history.spec()
    task, decision = history.decided()
    history.review(task, decision, "fix")
    history.decision(task, decision.annotation_ids, "review")
    await store.deliver(history.events)

    assert (await summary(store))["decided"] == {"review": 1}


async def test_honeypots_are_in_no_version_and_in_no_count(store: Any, history: Any) -> None:
    history.spec()
    history.decided()
    honeypot = history.task(purpose="honeypot")
    history.annotation(honeypot, {"mood": "bad"})
    await store.deliver(history.events)

    published = await store.publish()
    lineage = await store.http.get(f"/v1/labels/{honeypot.item_id}/lineage", headers=store.trainer)

    assert (await summary(store))["items"] == 1
    assert published["records"] == 1
    assert lineage.status_code == 404
