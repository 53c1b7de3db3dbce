"""Changed fields of known items: applied at once, applied to the next task, or rejected."""

from typing import Any

import pytest

from schemas.events import TaskCreated, TaskReprioritized

FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
NOTHING = {"created": 0, "unchanged": 0, "changed": 0, "rejected": []}
SAME = {"external_id": "x1", "payload": {"text": "same"}}
NEW_VALUES = {
    "metadata": {"lang": "de"},
    "due_at": "2027-01-01T00:00:00Z",
    "skills": ["german>=2"],
    "redundancy": 2,
    "source": "mail",
    "prelabels": [{"model": "m", "value": {"mood": "good"}, "score": None}],
}


async def test_another_priority_of_a_known_item_reaches_its_open_task(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [SAME])

    verdict = await ingest.post_ok("/items", [{**SAME, "priority": 9}])
    again = await ingest.post_ok("/items", [{**SAME, "priority": 9}, SAME])

    [created, raised] = await ingest.published(TaskCreated, TaskReprioritized)
    assert verdict == {**NOTHING, "updated": 1}
    assert again == {**NOTHING, "unchanged": 2}
    assert (raised.task_id, raised.priority) == (created.task_id, 9)


async def test_new_signals_of_a_known_item_are_added_and_published(ingest: Any) -> None:
    await ingest.publish()
    first, second = {"kind": "low_confidence"}, {"kind": "user_correction"}
    await ingest.post_ok("/items", [{**SAME, "signals": [first]}])

    verdict = await ingest.post_ok("/items", [{**SAME, "signals": [first, second]}])

    [raised] = await ingest.published(TaskReprioritized)
    assert verdict == {**NOTHING, "updated": 1}
    assert [signal.kind for signal in raised.signals] == ["user_correction"]


async def test_a_warning_names_each_field_that_the_open_task_does_not_get(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [SAME])

    verdict = await ingest.post_ok("/items", [{**SAME, **NEW_VALUES}])
    await ingest.publish(fields=[{"name": "mood", "kind": "choice", "options": ["good", "ok"]}])
    await ingest.roll_out()

    pending = [(entry["index"], entry["problem"]["pointer"]) for entry in verdict["warnings"]]
    *_, task = await ingest.published(TaskCreated)
    assert verdict["updated"] == 1
    assert sorted(pending) == sorted((0, f"/{name}") for name in NEW_VALUES)
    assert {entry["problem"]["keyword"] for entry in verdict["warnings"]} == {"pending"}
    assert (task.spec_version, task.metadata, task.skills) == (2, {"lang": "de"}, ["german>=2"])
    assert (task.redundancy, task.source, len(task.prelabels)) == (2, "mail", 1)


async def test_changed_fields_before_the_first_task_apply_to_it(ingest: Any) -> None:
    verdict = await ingest.post_ok("/items", [SAME, {**SAME, **NEW_VALUES, "priority": 9}])
    await ingest.publish()
    await ingest.roll_out()

    [task] = await ingest.published(TaskCreated)
    assert verdict == {**NOTHING, "created": 1, "updated": 1}
    assert (task.priority, task.metadata) == (9, {"lang": "de"})


async def test_changed_fields_of_gold_are_stored_too(ingest: Any) -> None:
    await ingest.publish()
    gold = {**SAME, "label": {"mood": "good"}}
    await ingest.post_ok("/gold", [gold])

    same = await ingest.post_ok("/gold", [gold])
    verdict = await ingest.post_ok("/gold", [{**gold, "source": "mail"}])

    assert same == {**NOTHING, "unchanged": 1}
    assert verdict["updated"] == 1
    assert [entry["problem"]["pointer"] for entry in verdict["warnings"]] == ["/source"]


async def test_an_invalid_prelabel_is_left_out_with_a_warning(ingest: Any) -> None:
    await ingest.publish()
    bad = {"model": "m", "value": {"mood": "grand"}}
    good = {"model": "n", "value": {"mood": "bad"}}

    verdict = await ingest.post_ok("/items", [{**SAME, "prelabels": [bad, good]}])

    [task] = await ingest.published(TaskCreated)
    [warning] = verdict["warnings"]
    assert verdict["created"] == 1
    assert [entry.model for entry in task.prelabels] == ["n"]
    assert (warning["index"], warning["problem"]["pointer"]) == (0, "/prelabels/0/value/mood")


async def test_gold_that_names_a_rule_that_does_not_exist_is_rejected(ingest: Any) -> None:
    await ingest.publish()

    verdict = await ingest.post_ok("/gold", [{**SAME, "label": {"mood": "good"}, "rules": ["R9"]}])

    [rejected] = verdict["rejected"]
    assert (rejected["problem"]["pointer"], verdict["created"]) == ("/rules/0", 0)


@pytest.mark.parametrize("skill", ["", " ", "french>2", "french >= 2", "french>=100", ">=2", "a\n"])
async def test_a_skill_of_another_form_is_rejected(ingest: Any, skill: str) -> None:
    verdict = await ingest.post_ok("/items", [{**SAME, "skills": ["french>=2", skill]}])
    body = {"task_type": "mood", "fields": FIELDS, "policy": {"skills": [skill]}}
    spec = await ingest.post("/specs", body)

    assert verdict["rejected"][0]["problem"]["pointer"] == "/skills/1"
    assert spec.status_code == 422
    assert spec.json()["errors"][0]["pointer"] == "/policy/skills/0"
