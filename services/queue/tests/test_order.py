"""Tests of the order of work: ageing, deadlines, pools and skills."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from queue_harness import (
    GOOD,
    NOW,
    Queue,
    conflict,
    honeypot,
    reprioritized,
    review,
    spec,
    task,
    texts,
)

from queue_service.domain.dispatch import AGEING
from schemas.events import TaskCreated

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # Shrinking takes minutes.
)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Made:
    """A generated task: age, priority, deadline, and its other annotators."""

    at: int
    priority: int
    due: int | None
    wanted: int
    begun: bool

    def event(self, n: int) -> TaskCreated:
        due = None if self.due is None else NOW + self.due * MINUTE
        return task(
            n,
            occurred_at=NOW + self.at * MINUTE,
            priority=self.priority,
            due_at=due,
            redundancy=self.wanted,
        )

    @property
    def slots(self) -> int:
        return self.wanted - self.begun

    @property
    def rank(self) -> tuple[float, ...]:
        """Return the order: an hour of age is worth a class of priority; then deadline, slots."""
        hour = (NOW.timestamp() + self.at * 60) // AGEING.total_seconds()
        return (hour - self.priority, self.due or 10**9, self.slots)


made = st.builds(
    Made,
    at=st.one_of(st.integers(0, 15 * 60), st.integers(0, 15).map(lambda hour: hour * 60)),
    priority=st.integers(0, 9),
    due=st.sampled_from([None, None, 3000, 4000]),
    wanted=st.integers(1, 3),
    begun=st.booleans(),
)


async def drained(queue: Queue, name: str) -> list[int]:
    """Return the numbers of all tasks that an annotator gets, in order."""
    order: list[int] = []
    while leases := await queue.lease(name):
        order += [int(text.removeprefix("text ")) for text in texts(leases)]
    return order


@EXAMPLES
@given(st.lists(made, min_size=2, max_size=9))
async def test_no_priority_makes_later_work_pass_what_has_waited_its_hours(
    queue: Queue, tasks: list[Made]
) -> None:
    await queue.empty()
    await queue.deliver(spec(), *(one.event(n) for n, one in enumerate(tasks)))
    begun = [f"x{n}" for n, one in enumerate(tasks) if one.begun]
    if begun:
        await queue.lease("bob", "annotator", "pipeline", items=begun, count=len(begun))

    order = await drained(queue, "ada")

    open_tasks = [n for n, one in enumerate(tasks) if one.slots]
    assert order == sorted(open_tasks, key=lambda n: (*tasks[n].rank, n))
    for place, n in enumerate(order):
        for earlier in order[:place]:
            late_by = (tasks[earlier].at - tasks[n].at) * MINUTE
            assert late_by < (10 - tasks[n].priority) * AGEING


async def test_the_bound_on_waiting_is_reached_and_not_passed(queue: Queue) -> None:
    """Priority 9 is given before priority 0 that is nine hours older, but not ten."""
    await queue.deliver(
        spec(),
        task(1, priority=0, occurred_at=NOW + 59 * MINUTE),
        *(task(2 + n, priority=9, occurred_at=NOW + n * AGEING) for n in range(14)),
    )

    order = await drained(queue, "ada")

    before = [NOW + (n - 2) * AGEING for n in order[: order.index(1)]]
    assert max(before) == NOW + 8 * AGEING
    assert order.index(1) == 9


async def test_a_task_that_becomes_urgent_keeps_what_it_has_waited(queue: Queue) -> None:
    await queue.deliver(
        spec(),
        task(1, priority=5, occurred_at=NOW),
        task(2, priority=5, occurred_at=NOW + AGEING),
        task(3, priority=7, occurred_at=NOW + 2 * AGEING),
    )
    assert texts(await queue.lease("bob", count=3)) == ["text 1", "text 3", "text 2"]

    await queue.deliver(reprioritized(2, 7), reprioritized(1, 0))

    assert texts(await queue.lease("ada", count=3)) == ["text 2", "text 3", "text 1"]


# --- pools

LEVELS = st.integers(0, 3)
NEEDS = st.sets(st.sampled_from(["french", "french>=2", "german>=3", "care"]), max_size=2)
POOLED = st.lists(st.tuples(NEEDS, st.sampled_from(["mood", "tone"]), made), max_size=9)


def qualifies(needed: set[str], levels: dict[str, int]) -> bool:
    wants = [one.partition(">=") for one in needed]
    return all(levels[skill] >= int(level or 1) for skill, _, level in wants)


@EXAMPLES
@given(POOLED, st.fixed_dictionaries({s: LEVELS for s in ("french", "german", "care")}))
async def test_an_annotator_gets_from_every_pool_it_qualifies_for_the_best_first(
    queue: Queue, tasks: list[tuple[set[str], str, Made]], levels: dict[str, int]
) -> None:
    await queue.empty()
    events = [
        one.event(n).model_copy(update={"skills": sorted(needed), "task_type": kind})
        for n, (needed, kind, one) in enumerate(tasks)
    ]
    has = [queue.has_skill("ada", skill, level) for skill, level in levels.items()]
    await queue.deliver(spec(), *events, *has)

    order = await drained(queue, "ada")

    mine = [n for n, (needed, _, _) in enumerate(tasks) if qualifies(needed, levels)]
    ranks = {n: (*one.rank[:2], one.wanted, n) for n, (_, _, one) in enumerate(tasks)}
    assert order == sorted(mine, key=lambda n: ranks[n])


async def test_a_level_that_is_reached_opens_a_pool_and_one_that_is_lost_closes_it(
    queue: Queue,
) -> None:
    await queue.deliver(spec(), *(task(n, skills=["french>=2"]) for n in range(1, 4)))

    got = []
    for level in (0, 1, 2, 1, 0, 3):
        await queue.deliver(queue.has_skill("ada", "french", level))
        got.append(texts(await queue.lease("ada")))

    assert got == [[], [], ["text 1"], [], [], ["text 2"]]


async def test_who_lacks_the_skill_never_sees_the_work_in_any_way_of_asking(queue: Queue) -> None:
    await queue.deliver(spec(), *(task(n, skills=["french"]) for n in range(1, 4)))
    await queue.deliver(queue.has_skill("eve", "french", 1))

    everything = {"count": 20, "task_types": ["mood"], "projects": ["p"], "stages": ["annotate"]}
    plain = await queue.lease("ada", **everything)
    picking = await queue.lease("ada", "annotator", "pipeline", items=["x1", "x2", "x3"])
    who = queue.tokens.bearer("gpt", "annotator", kind="model")
    model = await queue.http.post("/v1/leases", json=everything, headers=who)

    assert (plain, picking, model.json()["leases"]) == ([], [], [])
    assert (await queue.explain("ada"))["would_get"] == "nothing"
    assert len(await queue.lease("eve", **everything)) == 3


async def test_a_honeypot_that_needs_a_skill_goes_to_whoever_has_it(queue: Queue) -> None:
    await queue.deliver(
        spec(honeypots={"first": 100, "first_rate": 1.0, "rate": 1.0}),
        *(task(n) for n in range(1, 9)),
        honeypot(1, skills=["french>=2"]),
        honeypot(2),
        queue.has_skill("ada", "french", 1),
        queue.has_skill("eve", "french", 2),
    )

    ada = texts(await queue.lease("ada", count=4))
    eve = texts(await queue.lease("eve", count=4))

    assert [one for one in sorted(ada) if one.startswith("gold")] == ["gold 2"]
    assert [one for one in sorted(eve) if one.startswith("gold")] == ["gold 1", "gold 2"]


async def test_work_that_is_not_my_skill_comes_no_more_until_a_skill_changes(
    queue: Queue,
) -> None:
    await queue.deliver(
        spec(),
        *(task(n, skills=["french"]) for n in range(1, 4)),
        *(task(n, priority=0) for n in range(4, 6)),
        *(queue.has_skill(name, "french", 1) for name in ("ada", "bob")),
    )
    [first] = await queue.lease("ada")
    assert (await queue.skip("ada", first, "not_my_skill")).status_code == 204

    declined = texts(await queue.lease("ada", count=9))
    of_another = texts(await queue.lease("bob", count=9))
    await queue.deliver(queue.has_skill("ada", "cooking", 1))
    reconsidered = texts(await queue.lease("ada", count=9))

    assert texts([first]) == ["text 1"]
    assert declined == ["text 4", "text 5"]
    assert of_another == ["text 1", "text 2", "text 3", "text 4", "text 5"]
    assert reconsidered == ["text 2", "text 3"]


@pytest.mark.parametrize("reason", ["not_my_skill", "bad_data"])
async def test_a_skip_that_says_nothing_of_a_needed_skill_passes_one_task_on(
    queue: Queue, reason: str
) -> None:
    needed = {"not_my_skill": [], "bad_data": ["french"]}[reason]
    await queue.deliver(spec(), *(task(n, skills=needed) for n in range(1, 4)))
    await queue.deliver(queue.has_skill("ada", "french", 1))
    [first] = await queue.lease("ada")

    await queue.skip("ada", first, reason)

    assert texts(await queue.lease("ada", count=9)) == ["text 2", "text 3"]


async def test_later_stages_come_first_whatever_the_rank(queue: Queue) -> None:
    await queue.deliver(spec(), *(task(n, priority=9) for n in range(1, 4)))
    for name in ("bob", "cyd"):
        for lease in await queue.lease(name, count=2):
            await queue.answer(name, lease, GOOD)
    await queue.deliver(task(4, priority=9), review(1), conflict(n=2))

    leases = await queue.lease("ada", "annotator", "reviewer", "adjudicator", count=9)

    assert [one["stage"] for one in leases] == ["adjudicate", "review", "annotate", "annotate"]


async def test_a_call_may_narrow_what_it_gets(queue: Queue) -> None:
    await queue.deliver(
        spec(),
        spec(project="q"),
        task(1),
        task(2, task_type="tone"),
        task(3, project="q"),
        task(4, project="q", task_type="tone"),
    )

    of_q = await queue.lease("ada", projects=["q"], count=9)
    tones = await queue.lease("bob", task_types=["tone"], count=9)
    both = await queue.lease("cyd", projects=["p"], task_types=["tone"], count=9)

    assert texts(of_q) == ["text 3", "text 4"]
    assert texts(tones) == ["text 4", "text 2"]  # One of 4 slots is leased.
    assert texts(both) == ["text 2"]
