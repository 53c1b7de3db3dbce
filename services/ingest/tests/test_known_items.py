"""What ingest says and does about fields beside the payload: taken, waiting, or refused."""

from typing import Any

import pytest

from schemas.events import TaskCreated, TaskReprioritized

FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
NOTHING = {"created": 0, "unchanged": 0, "changed": 0, "rejected": []}
SAME = {"external_id": "x1", "payload": {"text": "same"}}
WISHES = {
    "metadata": {"lang": "de"},
    "due_at": "2027-01-01T00:00:00Z",
    "skills": ["german>=2"],
    "redundancy": 2,
    "source": "mail",
    "prelabels": [{"model": "m", "value": {"mood": "good"}, "score": None}],
}


async def test_another_priority_of_a_known_item_reaches_its_open_task(ingest: Any) -> None:
    await ingest.publish()
    await ingest.taken("/items", [SAME])

    verdict = await ingest.taken("/items", [{**SAME, "priority": 9}])
    again = await ingest.taken("/items", [{**SAME, "priority": 9}, SAME])

    [created, raised] = await ingest.said(TaskCreated, TaskReprioritized)
    assert verdict == {**NOTHING, "updated": 1}
    assert again == {**NOTHING, "unchanged": 2}
    assert (raised.task_id, raised.priority) == (created.task_id, 9)


async def test_new_signals_of_a_known_item_are_added_and_told(ingest: Any) -> None:
    await ingest.publish()
    first, second = {"kind": "low_confidence"}, {"kind": "user_correction"}
    await ingest.taken("/items", [{**SAME, "signals": [first]}])

    verdict = await ingest.taken("/items", [{**SAME, "signals": [first, second]}])

    [raised] = await ingest.said(TaskReprioritized)
    assert verdict == {**NOTHING, "updated": 1}
    assert [signal.kind for signal in raised.signals] == ["user_correction"]


async def test_what_the_present_task_does_not_get_is_said_field_by_field(ingest: Any) -> None:
    await ingest.publish()
    await ingest.taken("/items", [SAME])

    verdict = await ingest.taken("/items", [{**SAME, **WISHES}])
    await ingest.publish(fields=[{"name": "mood", "kind": "choice", "options": ["good", "ok"]}])
    await ingest.roll_out()

    told = [(one["index"], one["problem"]["pointer"]) for one in verdict["warnings"]]
    *_, task = await ingest.said(TaskCreated)
    assert verdict["updated"] == 1
    assert sorted(told) == sorted((0, f"/{name}") for name in WISHES)
    assert {one["problem"]["keyword"] for one in verdict["warnings"]} == {"pending"}
    assert (task.spec_version, task.metadata, task.skills) == (2, {"lang": "de"}, ["german>=2"])
    assert (task.redundancy, task.source, len(task.prelabels)) == (2, "mail", 1)


async def test_another_wish_before_the_first_task_is_simply_taken(ingest: Any) -> None:
    verdict = await ingest.taken("/items", [SAME, {**SAME, **WISHES, "priority": 9}])
    await ingest.publish()
    await ingest.roll_out()

    [task] = await ingest.said(TaskCreated)
    assert verdict == {**NOTHING, "created": 1, "updated": 1}
    assert (task.priority, task.metadata) == (9, {"lang": "de"})


async def test_another_wish_for_gold_is_taken_too(ingest: Any) -> None:
    await ingest.publish()
    gold = {**SAME, "label": {"mood": "good"}}
    await ingest.taken("/gold", [gold])

    same = await ingest.taken("/gold", [gold])
    verdict = await ingest.taken("/gold", [{**gold, "source": "mail"}])

    assert same == {**NOTHING, "unchanged": 1}
    assert verdict["updated"] == 1
    assert [one["problem"]["pointer"] for one in verdict["warnings"]] == ["/source"]


async def test_a_suggestion_that_the_spec_forbids_is_left_out_and_said(ingest: Any) -> None:
    await ingest.publish()
    bad = {"model": "m", "value": {"mood": "grand"}}
    good = {"model": "n", "value": {"mood": "bad"}}

    verdict = await ingest.taken("/items", [{**SAME, "prelabels": [bad, good]}])

    [task] = await ingest.said(TaskCreated)
    [warning] = verdict["warnings"]
    assert verdict["created"] == 1
    assert [one.model for one in task.prelabels] == ["n"]
    assert (warning["index"], warning["problem"]["pointer"]) == (0, "/prelabels/0/value/mood")


async def test_gold_that_names_a_rule_that_does_not_exist_is_rejected(ingest: Any) -> None:
    await ingest.publish()

    verdict = await ingest.taken("/gold", [{**SAME, "label": {"mood": "good"}, "rules": ["R9"]}])

    [rejected] = verdict["rejected"]
    assert (rejected["problem"]["pointer"], verdict["created"]) == ("/rules/0", 0)


@pytest.mark.parametrize("skill", ["", " ", "french>2", "french >= 2", "french>=100", ">=2", "a\n"])
async def test_a_skill_of_another_form_is_rejected(ingest: Any, skill: str) -> None:
    verdict = await ingest.taken("/items", [{**SAME, "skills": ["french>=2", skill]}])
    body = {"task_type": "mood", "fields": FIELDS, "policy": {"skills": [skill]}}
    spec = await ingest.post("/specs", body)

    assert verdict["rejected"][0]["problem"]["pointer"] == "/skills/1"
    assert spec.status_code == 422
    assert spec.json()["errors"][0]["pointer"] == "/policy/skills/0"
