"""Items can be listed, changed, withdrawn by id or by import, and restored."""

from typing import Any
from uuid import uuid4

from schemas.events import ItemsRestored, ItemsWithdrawn, TaskCreated, TaskWithdrawn

ITEMS = [{"external_id": name, "payload": {"text": name}} for name in "abc"]


async def listed(ingest: Any, **query: str) -> list[dict[str, Any]]:
    answer = await ingest.http.get("/v1/projects/p/items", params=query, headers=ingest.owner)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_items_are_listed_with_their_states_and_found_by_their_external_id(
    ingest: Any, decided: Any
) -> None:
    await ingest.post_ok("/items", ITEMS)
    assert [item["state"] for item in await listed(ingest)] == ["waiting"] * 3
    await ingest.publish()
    await ingest.roll_out()
    await ingest.post_ok("/gold", [{**ITEMS[0], "external_id": "g", "label": {"mood": "good"}}])
    [first, *_] = [e for e in await ingest.published(TaskCreated) if e.purpose == "work"]
    await ingest.deliver(decided(first))
    await ingest.post_ok("/items/withdraw", {"external_ids": ["c"], "reason": "sent twice"})

    states = {item["external_id"]: item["state"] for item in await listed(ingest)}

    assert states == {"a": "decided", "b": "open", "c": "withdrawn", "g": "gold"}
    [found] = await listed(ingest, external_id="b")
    assert (found["revision"], found["spec_version"], found["gold"]) == (1, 1, False)
    assert [item["external_id"] for item in await listed(ingest, state="decided")] == ["a"]
    assert await listed(ingest, external_id="absent") == []
    assert (await ingest.view())["items"] == 2


async def test_a_withdrawn_item_loses_its_open_task_and_gets_a_new_one_when_it_comes_again(
    ingest: Any,
) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", ITEMS)
    task = next(e for e in await ingest.published(TaskCreated) if e.external_id == "a")

    request = {"external_ids": ["a", "absent"], "reason": "a test"}
    verdict = await ingest.post_ok("/items/withdraw", request)
    assert verdict == {"items": 1, "unknown": ["absent"], "unknown_count": 1}
    assert await ingest.post_ok("/items/withdraw", request) == verdict
    withdrawn, event = await ingest.published(TaskWithdrawn, ItemsWithdrawn)
    if isinstance(withdrawn, ItemsWithdrawn):
        withdrawn, event = event, withdrawn
    assert (withdrawn.task_id, withdrawn.reason) == (task.task_id, "withdrawn")
    assert (event.item_ids, event.reason) == ([task.item_id], "a test")

    again = await ingest.post_ok("/items", ITEMS)
    assert (again["restored"], again["unchanged"], again["created"]) == (1, 2, 0)
    restored, new = sorted(
        await ingest.published(ItemsRestored, TaskCreated), key=lambda e: type(e).__name__
    )
    assert restored.item_ids == [task.item_id]
    assert (new.item_id, new.supersedes) == (task.item_id, task.task_id)
    assert [item["state"] for item in await listed(ingest)] == ["open"] * 3


async def test_a_decided_item_that_is_withdrawn_and_restored_keeps_its_decision(
    ingest: Any, decided: Any
) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", ITEMS[:1])
    [task] = await ingest.published(TaskCreated)
    await ingest.deliver(decided(task))

    await ingest.post_ok("/items/withdraw", {"item_ids": [str(task.item_id)], "reason": "x"})
    assert [type(e) for e in await ingest.published(object)] == [ItemsWithdrawn]
    await ingest.post_ok("/items/restore", {"item_ids": [str(task.item_id)]})
    assert [type(e) for e in await ingest.published(object)] == [ItemsRestored]
    assert [item["state"] for item in await listed(ingest)] == ["decided"]


async def test_a_new_spec_version_and_signals_leave_withdrawn_items_alone(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", ITEMS[:1])
    await ingest.post_ok("/items/withdraw", {"external_ids": ["a"], "reason": "x"})
    await ingest.published(object)

    await ingest.publish(relabel="all", redundancy=2)
    await ingest.roll_out()
    verdict = await ingest.post_ok("/signals", [{"kind": "low_confidence", "external_id": "a"}])

    assert verdict["rejected"][0]["problem"]["message"] == (
        "The item is withdrawn: restore it first."
    )
    assert await ingest.published(TaskCreated) == []
    await ingest.post_ok("/items/restore", {"external_ids": ["a"]})
    [task] = await ingest.published(TaskCreated)
    assert task.spec_version == 2


async def test_withdrawn_gold_is_no_honeypot_until_it_is_restored(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/gold", [{**ITEMS[0], "label": {"mood": "good"}}])
    [task] = await ingest.published(TaskCreated)

    await ingest.post_ok("/items/withdraw", {"external_ids": ["a"], "reason": "x"})
    [withdrawn] = await ingest.published(TaskWithdrawn)
    await ingest.post_ok("/items/restore", {"external_ids": ["a"]})
    [again] = await ingest.published(TaskCreated)

    assert withdrawn.task_id == task.task_id
    assert (again.purpose, again.item_id) == ("honeypot", task.item_id)


async def test_undoing_an_import_withdraws_what_it_created_and_no_later_revision_replaced(
    ingest: Any,
) -> None:
    first, second = uuid4(), uuid4()
    await ingest.post_ok(f"/items?import_id={first}", ITEMS)
    changed = [{"external_id": "b", "payload": {"text": "other"}}]
    await ingest.post_ok(
        f"/items?import_id={second}", [*changed, {"external_id": "d", "payload": {}}]
    )

    verdict = await ingest.post_ok("/items/withdraw", {"import_id": str(first), "reason": "undo"})
    states = {item["external_id"]: item["state"] for item in await listed(ingest)}
    [event] = await ingest.published(ItemsWithdrawn)

    assert verdict["items"] == 2
    assert states == {"a": "withdrawn", "b": "waiting", "c": "withdrawn", "d": "waiting"}
    assert (event.import_id, len(event.item_ids)) == (first, 2)
    assert (await ingest.post_ok("/items/restore", {"import_id": str(first)}))["items"] == 2


async def test_many_items_are_withdrawn_in_events_of_bounded_size(ingest: Any) -> None:
    import_id = uuid4()
    many = [{"external_id": str(n), "payload": {"n": n}} for n in range(1200)]
    await ingest.post_ok(f"/items?import_id={import_id}", many)
    await ingest.post_ok("/items/withdraw", {"import_id": str(import_id), "reason": "undo"})
    events = await ingest.published(ItemsWithdrawn)
    assert [len(event.item_ids) for event in events] == [500, 500, 200]


async def test_a_selection_names_items_in_exactly_one_way(ingest: Any) -> None:
    for request in ({}, {"external_ids": ["a"], "import_id": str(uuid4())}):
        refused = await ingest.post("/items/withdraw", {**request, "reason": "x"})
        assert refused.status_code == 422
        assert "one of them" in refused.text


async def test_properties_of_a_known_item_can_be_changed(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", ITEMS[:1])
    [item] = await listed(ingest)
    url = f"/v1/projects/p/items/{item['item_id']}/properties"
    update = {"metadata": {"lang": "de"}, "priority": 9, "due_at": "2027-01-01T00:00:00Z"}

    answer = await ingest.http.patch(url, json=update, headers=ingest.owner)
    missing = await ingest.http.patch(
        f"/v1/projects/p/items/{uuid4()}/properties", json={}, headers=ingest.owner
    )
    large = await ingest.http.patch(
        url, json={"metadata": {"x": "y" * 300_000}}, headers=ingest.owner
    )

    assert answer.json()["pending"] == ["metadata", "due_at"]
    [after] = await listed(ingest)
    assert {name: after[name] for name in update} == update
    assert (missing.status_code, large.status_code) == (404, 422)


async def test_the_same_id_twice_in_a_batch_with_two_payloads_is_said(ingest: Any) -> None:
    verdict = await ingest.post_ok("/items", [*ITEMS, {**ITEMS[0], "payload": {"text": "z"}}])
    [warning] = verdict["warnings"]
    assert (warning["line"], warning["external_id"]) == (4, "a")
    assert warning["problem"]["keyword"] == "repeated_id"


async def test_a_rejection_names_the_external_id_and_the_line_in_plain_words(ingest: Any) -> None:
    verdict = await ingest.post_ok("/items", [*ITEMS, {"external_id": "d"}])
    assert verdict["rejected"] == [
        {
            "index": 3,
            "line": 4,
            "external_id": "d",
            "problem": {
                "pointer": "/payload",
                "keyword": "missing",
                "message": "It is required, and not there.",
            },
        }
    ]
