"""Tests of the audience of reviews and adjudications, and of their escalation."""

from datetime import timedelta
from typing import Any

import pytest
from queue_harness import (
    AT_ONCE,
    FAR,
    GOOD,
    LATER,
    NOW,
    Queue,
    policy,
    second_look_event,
    spec,
    task,
    texts,
)

from queue_service.domain.dispatch import EXPERIENCED_FROM

further = pytest.mark.parametrize("stage", LATER)


async def looked(queue: Queue, name: str, stage: str, lease: dict[str, Any]) -> None:
    """Lease and complete all work of a later stage."""
    if stage == "adjudicate":
        answer = await queue.settle(name, lease)
    else:
        answer = await queue.put(name, lease, "review", {"verdict": "accept"})
    assert answer.status_code == 201, answer.text


async def experienced(queue: Queue, name: str, stage: str, times: int = EXPERIENCED_FROM) -> None:
    """Make an annotator experienced in a stage."""
    numbers = range(900, 900 + times)
    await queue.deliver(
        *(task(n) for n in numbers), *(second_look_event(stage, n) for n in numbers)
    )
    for lease in await queue.lease(name, LATER[stage], count=times):
        await looked(queue, name, stage, lease)
    await queue.published()


@further
async def test_whoever_has_seen_the_item_is_not_asked_about_it(queue: Queue, stage: str) -> None:
    """Annotating, skipping, and a task under another spec version all count as seeing the item."""
    await queue.deliver(spec(**policy(stage, **AT_ONCE)), task(redundancy=3))
    await queue.voted("ada")
    [lease] = await queue.lease("bob")
    await queue.skip("bob", lease, "other")
    [lease] = await queue.lease("cyd")
    await queue.release("cyd", lease)
    again = task(2, item_id=task(1).item_id, spec_version=2)
    await queue.deliver(spec(2, **policy(stage, **AT_ONCE)), again)

    await queue.deliver(second_look_event(stage, 2, item_id=task(1).item_id, spec_version=2))

    assert await queue.may(["ada", "bob", "cyd", "dan"], stage) == ["cyd", "dan"]


@further
async def test_whoever_labeled_in_the_batch_is_kept_out_where_the_policy_says_so(
    queue: Queue, stage: str
) -> None:
    batches = {1: "a", 2: "a", 3: "b", 4: None}
    tasks = [task(n, metadata={"batch": one} if one else {}) for n, one in batches.items()]
    pipeline = ("annotator", "pipeline")
    found = []
    for outside in (False, True):
        await queue.empty()
        await queue.deliver(spec(**policy(stage, **AT_ONCE, outside_batch=outside)), *tasks)
        for name, n in (("ada", 2), ("bob", 3), ("cyd", 4)):
            [lease] = await queue.lease(name, *pipeline, items=[f"x{n}"])
            await queue.answer(name, lease, GOOD)
        await queue.deliver(second_look_event(stage, 1))
        found.append(await queue.may(["ada", "bob", "cyd"], stage))

    assert found == [["ada", "bob", "cyd"], ["bob", "cyd"]]


@further
async def test_to_look_at_items_of_a_batch_is_not_to_label_in_it(queue: Queue, stage: str) -> None:
    tasks = [task(n, metadata={"batch": "a"}) for n in (1, 2)]
    looks = [second_look_event(stage, n) for n in (1, 2)]
    await queue.deliver(spec(**policy(stage, **AT_ONCE, outside_batch=True)), *tasks, *looks)

    for lease in await queue.lease("eve", LATER[stage]):
        await looked(queue, "eve", stage, lease)

    assert texts(await queue.lease("eve", LATER[stage], count=9)) == ["text 2"]


@further
async def test_who_knows_the_work_is_asked_first_and_everyone_after_a_while(
    queue: Queue, stage: str
) -> None:
    await queue.deliver(spec(**policy(stage, experienced_first_seconds=60)))
    await experienced(queue, "eve", stage)
    await queue.deliver(task(1), second_look_event(stage, 1))

    first = await queue.may(["ada", "eve"], stage)
    await queue.move(NOW + timedelta(seconds=59))
    still = await queue.may(["ada", "eve"], stage)
    await queue.move(NOW + timedelta(seconds=60))
    then = await queue.may(["ada", "eve"], stage)

    assert (first, still, then) == (["eve"], ["eve"], ["ada", "eve"])


@further
@pytest.mark.parametrize("why", ["too few", "long ago", "another type", "suspended", "has seen"])
async def test_where_nobody_knows_the_work_everyone_is_asked_at_once(
    queue: Queue, stage: str, why: str
) -> None:
    await queue.deliver(spec(**policy(stage, experienced_first_seconds=3600)))
    await experienced(queue, "eve", stage, EXPERIENCED_FROM - (why == "too few"))
    kind = "tone" if why == "another type" else "mood"
    await queue.deliver(task(1, task_type=kind, redundancy=9))
    if why == "has seen":
        await queue.voted("eve")
    if why == "suspended":
        await queue.deliver(queue.has_standing("eve", "suspended"))

    await queue.deliver(second_look_event(stage, 1, occurred_at=FAR if why == "long ago" else NOW))

    assert "ada" in await queue.may(["ada", "eve"], stage)


@further
async def test_what_waits_too_long_goes_first_and_to_those_it_escalates_to(
    queue: Queue, stage: str
) -> None:
    settings = {**AT_ONCE, "escalate_hours": 2, "escalate_skills": ["chief>=2"]}
    later = NOW + timedelta(hours=1)
    await queue.deliver(
        spec(**policy(stage, **settings)),
        task(1, priority=0),
        task(2, priority=9),
        second_look_event(stage, 1, occurred_at=NOW),
        second_look_event(stage, 2, occurred_at=later),
        queue.has_skill("eve", "chief", 2),
        queue.has_skill("ada", "chief", 1),
    )

    await queue.move(NOW + timedelta(hours=2) - timedelta(seconds=1))
    [before] = await queue.lease("eve", LATER[stage])
    await queue.release("eve", before)
    await queue.move(NOW + timedelta(hours=2))
    after = await queue.lease("eve", LATER[stage])
    others = await queue.lease("ada", LATER[stage], count=9)

    assert texts([before]) == ["text 2"]
    assert texts(after) == ["text 1"]
    assert texts(others) == ["text 2"]


@further
async def test_first_the_experienced_then_all_then_those_it_escalates_to(
    queue: Queue, stage: str
) -> None:
    settings = {"experienced_first_seconds": 60, "escalate_hours": 1, "escalate_skills": ["chief"]}
    await queue.deliver(spec(**policy(stage, **settings)))
    await experienced(queue, "eve", stage)
    await queue.deliver(task(1), second_look_event(stage, 1), queue.has_skill("cyd", "chief", 1))

    found = []
    for seconds in (0, 60, 3599, 3600, 7200):
        await queue.move(NOW + timedelta(seconds=seconds))
        found.append(await queue.may(["ada", "cyd", "eve"], stage))

    everyone = ["ada", "cyd", "eve"]
    assert found == [["eve"], everyone, everyone, ["cyd"], ["cyd"]]


@further
async def test_what_is_held_when_it_moves_comes_back_where_it_belongs(
    queue: Queue, stage: str
) -> None:
    await queue.deliver(
        spec(**policy(stage, **AT_ONCE, escalate_hours=1, escalate_skills=["chief"]))
    )
    await queue.deliver(task(1), second_look_event(stage, 1), queue.has_skill("cyd", "chief", 1))
    [held] = await queue.lease("ada", LATER[stage])

    await queue.move(NOW + timedelta(hours=1))
    await queue.release("ada", held)

    assert await queue.may(["ada", "bob", "cyd"], stage) == ["cyd"]


@further
async def test_what_was_looked_at_moves_no_more(queue: Queue, stage: str) -> None:
    await queue.deliver(
        spec(**policy(stage, **AT_ONCE, escalate_hours=1)), task(), second_look_event(stage)
    )
    [lease] = await queue.lease("ada", LATER[stage])
    await looked(queue, "ada", stage, lease)
    moving = await queue.sql("SELECT 1 FROM work WHERE escalates_at IS NOT NULL")

    await queue.move(FAR)

    assert moving == []
    assert await queue.lease("bob", LATER[stage]) == []


@further
async def test_a_model_that_looks_is_enough_and_leaves_nothing_behind(
    queue: Queue, stage: str
) -> None:
    await queue.deliver(spec(**policy(stage, **AT_ONCE)), task(), second_look_event(stage))
    who = queue.tokens.bearer("judge", LATER[stage], kind="model")
    leased = await queue.http.post("/v1/leases", json={}, headers=who)
    [lease] = leased.json()["leases"]

    what, body = {
        "adjudicate": ("adjudication", {"label": GOOD, "rationale": "x", "cause": "slip"}),
        "review": ("review", {"verdict": "accept"}),
    }[stage]
    url = f"/v1/leases/{lease['lease_id']}/{what}"
    done = await queue.http.put(url, json=body, headers=who)

    assert done.status_code == 201
    assert await queue.lease("ada", LATER[stage]) == []
