"""The ledger keeps an annotation and its corrections; a record has the one that was decided by."""

from typing import Any

BAD, GOOD = {"mood": "bad"}, {"mood": "good"}


async def test_the_lineage_shows_the_first_answer_and_its_correction(
    store: Any, history: Any
) -> None:
    history.spec()
    task = history.task()
    first, second = history.annotations(task, BAD, GOOD)
    correction = history.correction(task, first, GOOD)
    history.decision(task, [correction, second])
    await store.deliver(history.events)

    lineage = await store.get(f"/labels/{task.item_id}/lineage")

    [shown] = lineage["tasks"]
    assert lineage["state"] == "decided"
    assert {
        (one["annotation_id"], one["label"]["mood"], one["corrects"])
        for one in shown["annotations"]
    } == {
        (str(first), "bad", None),
        (str(second), "good", None),
        (str(correction), "good", str(first)),
    }


async def test_a_label_is_not_released_before_the_correction_that_it_is_based_on(
    store: Any, history: Any
) -> None:
    history.spec()
    task = history.task()
    first, second = history.annotations(task, BAD, GOOD)
    correction = history.correction(task, first, GOOD)
    correction_event = history.events.pop()
    history.decision(task, [correction, second])
    await store.deliver(history.events)
    before = (await store.get(f"/labels/{task.item_id}/lineage"))["tasks"][0]["decisions"]

    await store.deliver([correction_event])

    after = (await store.get(f"/labels/{task.item_id}/lineage"))["tasks"][0]["decisions"]
    assert [one["released"] for one in before] == [False]
    assert [one["released"] for one in after] == [True]


async def test_corrections_of_honeypots_are_in_no_lineage(store: Any, history: Any) -> None:
    history.spec()
    honeypot = history.task(purpose="honeypot")
    history.correction(honeypot, history.annotation(honeypot, BAD), GOOD)
    await store.deliver(history.events)

    answer = await store.http.get(f"/v1/labels/{honeypot.item_id}/lineage", headers=store.trainer)

    assert answer.status_code == 404
