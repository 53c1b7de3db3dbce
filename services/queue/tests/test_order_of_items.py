"""Equal tasks are given in the order of their items, whatever the order of their events."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from queue_harness import GOOD, Queue, reprioritized, second_look_event, spec, task, texts

from schemas.events import TaskCreated

EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
ITEMS = range(1, 7)
ARRIVALS = st.permutations(ITEMS)
SKILLS = st.lists(st.sampled_from([[], ["care"]]), min_size=len(ITEMS), max_size=len(ITEMS))


def of_a_file(n: int, **more: Any) -> TaskCreated:
    """Return the task of the `n`-th item."""
    return task(n, position=n, **more)


def in_order() -> list[str]:
    return [f"text {n}" for n in ITEMS]


async def as_a_model(queue: Queue, **body: Any) -> list[str]:
    who = queue.tokens.bearer("gpt", "annotator", kind="model")
    answer = await queue.http.post("/v1/leases", json=body, headers=who)
    return texts(answer.json()["leases"])


@EXAMPLES
@given(ARRIVALS, ARRIVALS, SKILLS, st.integers(1, 6))
async def test_tasks_are_given_in_the_order_of_their_items_however_they_arrive_and_are_replaced(
    queue: Queue, arrivals: list[int], again: list[int], skills: list[list[str]], count: int
) -> None:
    await queue.empty()
    care = [queue.has_skill(name, "care", 1) for name in ("ada", "bob")]
    await queue.deliver(spec(), *care, *(of_a_file(n, skills=skills[n - 1]) for n in arrivals))

    first = [text for _ in ITEMS for text in texts(await queue.lease("ada", count=count))]
    await queue.deliver(spec(2))
    for n in again:
        await queue.deliver(of_a_file(n, task_id=task(100 + n).task_id, spec_version=2))
    second = texts(await queue.lease("ada", count=len(ITEMS)))

    assert first == in_order()
    assert second == in_order()


@pytest.mark.parametrize("events_at_once", [1, len(ITEMS)])
async def test_models_and_whoever_picks_get_equals_in_the_order_of_the_items(
    queue: Queue, events_at_once: int
) -> None:
    backwards = [of_a_file(n) for n in reversed(ITEMS)]
    await queue.deliver(spec())
    for n in range(0, len(backwards), events_at_once):
        await queue.deliver(*backwards[n : n + events_at_once])

    names = [f"x{n}" for n in reversed(ITEMS)]
    picked = await queue.lease("ada", "annotator", "pipeline", items=names, count=9)

    assert texts(picked) == in_order()
    assert await as_a_model(queue, count=9) == in_order()


@pytest.mark.parametrize("stage", ["review", "adjudicate"])
async def test_later_stages_come_in_the_order_of_the_items_too(queue: Queue, stage: str) -> None:
    await queue.deliver(spec(), *(of_a_file(n) for n in ITEMS))
    await queue.deliver(*(second_look_event(stage, n) for n in (4, 1, 6, 2, 5, 3)))

    role = {"review": "reviewer", "adjudicate": "adjudicator"}[stage]

    assert texts(await queue.lease("eve", role, count=9)) == in_order()


async def test_priority_comes_before_the_order_of_the_items_and_keeps_it_among_equals(
    queue: Queue,
) -> None:
    await queue.deliver(spec(), *(of_a_file(n) for n in (3, 1, 2, 4)))
    await queue.deliver(reprioritized(4, 7), reprioritized(2, 7))

    assert texts(await queue.lease("ada", count=9)) == ["text 2", "text 4", "text 1", "text 3"]


async def test_what_was_given_back_returns_to_its_place(queue: Queue) -> None:
    await queue.deliver(spec(redundancy=1), *(of_a_file(n, redundancy=1) for n in (2, 1, 3)))
    first, second, _ = await queue.lease("ada", count=3)
    await queue.release("ada", second)
    await queue.release("ada", first)

    assert texts(await queue.lease("bob", count=3)) == ["text 1", "text 2"]


async def test_events_without_a_position_keep_the_order_in_which_they_arrive_before_the_others(
    queue: Queue,
) -> None:
    await queue.deliver(spec(), of_a_file(1), task(3), task(2))
    [old] = await queue.lease("ada")
    await queue.answer("ada", old, GOOD)

    assert texts([old, *await queue.lease("ada", count=9)]) == ["text 3", "text 2", "text 1"]
