"""Tests of the queue's depths by pool and priority, in the API and in metrics."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest
from queue_harness import (
    GOOD,
    LATER,
    NOW,
    Queue,
    conflict,
    reprioritized,
    review,
    spec,
    task,
    withdrawn,
)

from queue_service.operations import explanations


async def queues(queue: Queue, role: str = "sre", **claims: Any) -> list[dict[str, Any]]:
    who = queue.tokens.bearer("sam", role, **claims)
    answer = await queue.http.get("/v1/queues", headers=who)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def key_columns(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("project", "stage", "skill", "priority", "ready", "in_flight", "per_minute")
    return tuple(row[name] for name in names)


async def busy(queue: Queue) -> None:
    """Add work of every kind and state."""
    await queue.deliver(
        spec(redundancy=3, review={"experienced_first_seconds": 0}),
        spec(project="q"),
        *(task(n, priority=5, redundancy=3) for n in (1, 2)),
        task(3, priority=8, skills=["french>=2", "care"]),
        task(4, project="q"),
        review(2),
    )
    first, second = await queue.lease("ada", projects=["p"], count=2)
    await queue.answer("ada", first, GOOD)
    await queue.lease("bob", projects=["q"])
    await queue.release("ada", second)


async def test_what_waits_is_told_by_pool_and_priority(queue: Queue) -> None:
    await busy(queue)

    rows = await queues(queue)

    assert [key_columns(row) for row in rows] == [
        ("p", "annotate", "care>=1, french>=2", 8, 2, 0, 0),
        ("p", "annotate", None, 5, 5, 0, 1),
        ("p", "review", None, 5, 1, 0, 0),
        ("q", "annotate", None, 5, 1, 1, 0),
    ]
    assert {row["task_type"] for row in rows} == {"mood"}
    assert {row["circle"] for row in rows} == {"all"}


async def test_what_became_more_urgent_is_told_so_held_or_not(queue: Queue) -> None:
    await busy(queue)

    await queue.deliver(reprioritized(1, 9), reprioritized(4, 0))

    rows = [key_columns(row) for row in await queues(queue) if row["skill"] is None]
    assert sorted(row[:5] for row in rows if row[1] == "annotate") == [
        ("p", "annotate", None, 5, 3),
        ("p", "annotate", None, 9, 2),
        ("q", "annotate", None, 0, 1),
    ]
    assert {row[:6] for row in rows if row[5]} == {("q", "annotate", None, 0, 1, 1)}


async def test_what_is_wholly_held_is_in_flight_and_what_was_answered_long_ago_is_no_rate(
    queue: Queue,
) -> None:
    await queue.deliver(spec(), task(1, redundancy=1), task(2, redundancy=1))
    first, _ = await queue.lease("ada", count=2)
    await queue.answer("ada", first, GOOD)
    await queue.sql("UPDATE answers SET submitted_at = submitted_at - interval '61 seconds'")

    assert [key_columns(row) for row in await queues(queue)] == [
        ("p", "annotate", None, 5, 0, 1, 0)
    ]


async def test_the_age_of_the_oldest_is_told(queue: Queue) -> None:
    times = [NOW, NOW + timedelta(seconds=90)]
    await queue.deliver(spec(), *(task(1 + n, occurred_at=at) for n, at in enumerate(times)))

    async with queue.database.transaction() as transaction:
        now = NOW + timedelta(seconds=100)
        [row] = await explanations.depths(transaction, None, now)

    assert (row.oldest_seconds, row.ready) == (100, 4)


async def test_what_waits_is_told_of_ones_projects_to_those_who_watch(queue: Queue) -> None:
    await busy(queue)

    of_q = await queues(queue, "spec_owner", projects=["q", "r"])
    ada = queue.tokens.bearer("ada", "annotator", *LATER.values())

    assert {row["project"] for row in of_q} == {"q"}
    assert (await queue.http.get("/v1/queues", headers=ada)).status_code == 403


# --- metrics


def gauges(name: str) -> dict[tuple[str, ...], float]:
    """Return a gauge by its labels: project, stage, task type, skill, priority."""
    lines = generate_latest().decode().splitlines()
    found = {}
    for line in lines:
        if line.startswith(f"labelwright_queue_{name}{{"):
            labels, value = line.partition("{")[2].rsplit("} ", 1)
            pairs = dict(part.split("=", 1) for part in labels.replace('",', '"\n').split("\n"))
            order = ("project", "stage", "task_type", "skill", "priority")
            found[tuple(pairs[one].strip('"') for one in order)] = float(value)
    return found


async def measure(queue: Queue, seconds: float = 100) -> None:
    async with queue.database.transaction() as transaction:
        await explanations.measure_depths(transaction, NOW + timedelta(seconds=seconds))


async def test_the_gauges_say_what_waits_and_forget_what_does_not(queue: Queue) -> None:
    await busy(queue)
    await queue.sql("UPDATE answers SET submitted_at = $1", NOW + timedelta(seconds=50))
    await measure(queue)
    ready, flying = gauges("ready_slots"), gauges("in_flight")
    oldest, rate = gauges("oldest_seconds"), gauges("answers_per_minute")
    await queue.deliver(*(withdrawn(n) for n in (1, 2, 3)))
    await measure(queue)

    plain, skilled = ("p", "annotate", "mood", "", "5"), "care>=1, french>=2"
    assert ready == {
        plain: 5,
        ("p", "annotate", "mood", skilled, "8"): 2,
        ("p", "review", "mood", "", "5"): 1,
        ("q", "annotate", "mood", "", "5"): 1,
    }
    assert {key for key, value in flying.items() if value} == {("q", "annotate", "mood", "", "5")}
    assert (oldest[plain], rate[plain]) == (100, 1)
    left = gauges("ready_slots")
    assert {key for key, slots in left.items() if slots} == {
        key for key in ready if key[3] == ""
    } - {plain}


@pytest.mark.parametrize("first", ["all", "experienced"])
@pytest.mark.parametrize("oldest", [1, 2])
async def test_who_is_asked_first_makes_no_gauge_of_its_own(
    queue: Queue, first: str, oldest: int
) -> None:
    who = queue.tokens.pseudonym("eve")
    know = "INSERT INTO history VALUES ($1, 'mood', 'adjudicate', 10, now())"
    forget = "DELETE FROM history WHERE annotator = $1"
    await queue.deliver(spec(), task(1), task(2), queue.has_standing("eve", "good"))
    for n in (1, 2):
        await queue.sql(know if (n == 1) == (first == "experienced") else forget, who)
        late = timedelta(seconds=30 if n == oldest else 60)
        await queue.deliver(conflict(n=n, occurred_at=NOW + late))

    await measure(queue)

    rows = [row for row in await queues(queue) if row["stage"] == "adjudicate"]
    key = ("p", "adjudicate", "mood", "", "5")
    assert sorted(row["circle"] for row in rows) == ["all", "experienced"]
    assert gauges("ready_slots")[key] == 2
    assert gauges("oldest_seconds")[key] == 70
