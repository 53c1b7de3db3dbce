"""The ledger is the same for any order and repetition of events, and on any machine."""

import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GOOD, BAD = {"mood": "good"}, {"mood": "bad"}


def unanimous(history: Any) -> str:
    history.decided()
    return "decided"


def still_pending(history: Any) -> str:
    history.annotation(history.task(), GOOD)
    return "pending"


def disputed(history: Any) -> str:
    task = history.task()
    history.conflict(task, history.annotations(task, GOOD, BAD))
    return "contested"


def adjudicated(history: Any) -> str:
    task = history.task()
    ids = history.annotations(task, GOOD, BAD)
    history.conflict(task, ids)
    history.decision(task, [*ids, history.adjudication(task)], "adjudicated")
    return "decided"


def contested_after_decision(history: Any) -> str:
    task, decision = history.decided()
    history.conflict(task, [*decision.annotation_ids, history.annotation(task, BAD)])
    return "contested"


def contested_and_adjudicated(history: Any) -> str:
    task, decision = history.decided()
    history.conflict(task, decision.annotation_ids)
    ids = [*decision.annotation_ids, history.adjudication(task)]
    history.decision(task, ids, "adjudicated")
    return "decided"


def corrected(history: Any) -> str:
    task = history.task()
    first, second = history.annotations(task, BAD, GOOD)
    history.decision(task, [history.correction(task, first, GOOD), second])
    return "decided"


def corrected_after_decision(history: Any) -> str:
    task, decision = history.decided()
    history.correction(task, decision.annotation_ids[0], BAD)
    return "decided"


def reviewed(history: Any) -> str:
    history.review(*history.decided(), "accept")
    return "decided"


def in_review(history: Any) -> str:
    history.review(*history.decided())
    return "review_pending"


def rejected(history: Any) -> str:
    task, decision = history.decided()
    history.review(task, decision, "reject")
    history.conflict(task, decision.annotation_ids)
    return "contested"


def fixed(history: Any) -> str:
    task, decision = history.decided()
    history.review(task, decision, "fix")
    history.decision(task, decision.annotation_ids, "review")
    return "decided"


def missing_annotation(history: Any) -> str:
    history.decision(history.task(), [history.new_id()])
    return "unreleased"


def being_labeled_again(history: Any) -> str:
    task, _ = history.decided()
    history.task(task, spec_version=2, supersedes=task.task_id)
    return "decided"


def labeled_again(history: Any) -> str:
    task = history.task()
    history.conflict(task, history.annotations(task, GOOD, BAD))
    history.withdrawn(task)
    again = history.task(task, spec_version=2, supersedes=task.task_id)
    history.decision(again, history.annotations(again, GOOD, GOOD))
    return "decided"


def disputed_again(history: Any) -> str:
    task, _ = history.decided()
    again = history.task(task, spec_version=2, supersedes=task.task_id)
    history.conflict(again, history.annotations(again, GOOD, BAD))
    return "contested"


def carried_over(history: Any) -> str:
    task, decision = history.decided()
    again = history.task(task, spec_version=2, supersedes=task.task_id)
    history.decision(again, [*decision.annotation_ids, history.annotation(again, GOOD)])
    return "decided"


def opened_again(history: Any) -> str:
    task, decision = history.decided()
    again = history.task(task, reopens=task.task_id)
    history.decision(again, history.annotations(again, GOOD))
    history.conflict(task, decision.annotation_ids)
    return "decided"


SCENARIOS: list[Callable[[Any], str]] = [
    unanimous,
    still_pending,
    disputed,
    adjudicated,
    contested_after_decision,
    contested_and_adjudicated,
    corrected,
    corrected_after_decision,
    reviewed,
    in_review,
    rejected,
    fixed,
    missing_annotation,
    being_labeled_again,
    labeled_again,
    disputed_again,
    carried_over,
    opened_again,
]


def interleaved(events: Sequence[Any], chance: random.Random) -> Iterator[list[Any]]:
    """Yield the events in batches, shuffled; events of one topic and key keep their order."""
    lanes: dict[tuple[str, str], deque[Any]] = defaultdict(deque)
    for event in events:
        lanes[event.topic.name, event.key].append(event)
    while lanes:
        batch = []
        for _ in range(chance.randint(1, 12)):
            if not lanes:
                break
            lane = chance.choice(list(lanes))
            batch.append(lanes[lane].popleft())
            if not lanes[lane]:
                del lanes[lane]
        yield batch


async def truncate(store: Any, *tables: str) -> None:
    async with store.database.transaction() as transaction:
        await (await transaction.connection()).execute(f"TRUNCATE {', '.join(tables)}")


LEDGER = (
    "inbox",
    "specs",
    "items",
    "payloads",
    "tasks",
    "withdrawals",
    "annotations",
    "adjudications",
    "reviews_requested",
    "reviews_decided",
    "conflicts",
    "decisions",
)


async def states(store: Any) -> dict[str, int]:
    summary = await store.get("/projects/p/labels/summary")
    counts = {
        name: summary[name] for name in ("pending", "contested", "review_pending", "unreleased")
    }
    return {**counts, "decided": sum(summary["decided"].values()), "items": summary["items"]}


def expected(outcomes: Sequence[str]) -> dict[str, int]:
    names = ("pending", "contested", "review_pending", "unreleased", "decided")
    return {name: outcomes.count(name) for name in names} | {"items": len(outcomes)}


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_every_scenario_ends_in_its_state_in_any_order(
    store: Any, history: Any, scenario: Callable[[Any], str]
) -> None:
    history.spec()
    history.spec(2)
    state = scenario(history)
    orders = [[history.events], [[event] for event in reversed_lanes(history.events)]]

    for batches in orders:
        for batch in batches:
            await store.deliver(batch)
        assert await states(store) == expected([state])
        await truncate(store, *LEDGER)


def reversed_lanes(events: Sequence[Any]) -> list[Any]:
    """Return the events grouped by topic and key, the groups in reverse order."""
    lanes: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for event in events:
        lanes[event.topic.name, event.key].append(event)
    return [event for lane in reversed(lanes.values()) for event in lane]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    scenarios=st.lists(st.sampled_from(SCENARIOS), min_size=1, max_size=8),
    chance=st.randoms(use_true_random=False),
)
async def test_every_interleaving_ends_in_the_same_version(
    store: Any, history: Any, scenarios: list[Callable[[Any], str]], chance: random.Random
) -> None:
    other = type(history)()
    other.spec()
    other.spec(2)
    outcomes = [unanimous(other), *(scenario(other) for scenario in scenarios)]
    await truncate(store, *LEDGER)
    await store.deliver(other.events)
    first = await store.publish()
    before = await states(store)

    await truncate(store, *LEDGER)
    for batch in interleaved(other.events, chance):
        await store.deliver(batch)
        if chance.random() < 0.2:
            await store.deliver(batch)
    again = await store.publish()

    assert before == await states(store) == expected(outcomes)
    assert again == first


async def test_events_delivered_twice_change_nothing_even_with_an_empty_inbox(
    store: Any, history: Any
) -> None:
    history.spec()
    history.spec(2)
    outcomes = [scenario(history) for scenario in SCENARIOS]
    await store.deliver(history.events)
    first = await store.publish()

    await store.deliver(history.events)
    await truncate(store, "inbox")
    await store.deliver(history.events)

    assert await store.publish() == first
    assert await states(store) == expected(outcomes)


async def test_another_machine_makes_the_same_version_of_the_same_events(
    store: Any, another_store: Any, history: Any
) -> None:
    history.spec()
    history.spec(2)
    for scenario in SCENARIOS:
        scenario(history)
    await store.deliver(history.events)
    for batch in interleaved(history.events, random.Random(7)):
        await another_store.deliver(batch)

    first_version = await store.publish("one")
    second = await another_store.publish("other")

    assert first_version["hash"] == second["hash"]
    assert await store.records(first_version["hash"]) == await another_store.records(second["hash"])


async def test_one_flipped_byte_in_a_label_makes_another_version(
    store: Any, another_store: Any, history: Any
) -> None:
    history.spec()
    for _ in range(3):
        history.decided()
    *rest, last = history.events
    flipped = last.model_copy(update={"label": {"mood": "goof"}})
    await store.deliver([*rest, last])
    await another_store.deliver([*rest, flipped])

    first_version, second = await store.publish(), await another_store.publish()

    assert first_version["records"] == second["records"]
    assert first_version["hash"] != second["hash"]
