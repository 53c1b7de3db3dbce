"""The ledger in any order: interleavings, repetitions, another machine; the end is the same."""

import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import raw, transaction

GOOD, BAD = {"mood": "good"}, {"mood": "bad"}


def agreed(story: Any) -> str:
    story.decided()
    return "decided"


def open_still(story: Any) -> str:
    story.annotation(story.task(), GOOD)
    return "pending"


def disputed(story: Any) -> str:
    task = story.task()
    story.conflict(task, story.annotations(task, GOOD, BAD))
    return "contested"


def settled(story: Any) -> str:
    task = story.task()
    ids = story.annotations(task, GOOD, BAD)
    story.conflict(task, ids)
    story.decision(task, [*ids, story.adjudication(task)], "adjudicated")
    return "decided"


def shaken(story: Any) -> str:
    task, decision = story.decided()
    story.conflict(task, [*decision.annotation_ids, story.annotation(task, BAD)])
    return "contested"


def shaken_and_settled(story: Any) -> str:
    task, decision = story.decided()
    story.conflict(task, decision.annotation_ids)
    ids = [*decision.annotation_ids, story.adjudication(task)]
    story.decision(task, ids, "adjudicated")
    return "decided"


def reviewed(story: Any) -> str:
    story.review(*story.decided(), "accept")
    return "decided"


def in_review(story: Any) -> str:
    story.review(*story.decided())
    return "review_pending"


def rejected(story: Any) -> str:
    task, decision = story.decided()
    story.review(task, decision, "reject")
    story.conflict(task, decision.annotation_ids)
    return "contested"


def fixed(story: Any) -> str:
    task, decision = story.decided()
    story.review(task, decision, "fix")
    story.decision(task, decision.annotation_ids, "review")
    return "decided"


def half_told(story: Any) -> str:
    story.decision(story.task(), [story.new_id()])
    return "unreleased"


def being_labeled_again(story: Any) -> str:
    task, _ = story.decided()
    story.task(task, spec_version=2, supersedes=task.task_id)
    return "decided"


def labeled_again(story: Any) -> str:
    task = story.task()
    story.conflict(task, story.annotations(task, GOOD, BAD))
    story.withdrawn(task)
    again = story.task(task, spec_version=2, supersedes=task.task_id)
    story.decision(again, story.annotations(again, GOOD, GOOD))
    return "decided"


def disputed_again(story: Any) -> str:
    task, _ = story.decided()
    again = story.task(task, spec_version=2, supersedes=task.task_id)
    story.conflict(again, story.annotations(again, GOOD, BAD))
    return "contested"


def carried_over(story: Any) -> str:
    task, decision = story.decided()
    again = story.task(task, spec_version=2, supersedes=task.task_id)
    story.decision(again, [*decision.annotation_ids, story.annotation(again, GOOD)])
    return "decided"


def opened_again(story: Any) -> str:
    task, decision = story.decided()
    again = story.task(task, reopens=task.task_id)
    story.decision(again, story.annotations(again, GOOD))
    story.conflict(task, decision.annotation_ids)
    return "decided"


CHAPTERS: list[Callable[[Any], str]] = [
    agreed,
    open_still,
    disputed,
    settled,
    shaken,
    shaken_and_settled,
    reviewed,
    in_review,
    rejected,
    fixed,
    half_told,
    being_labeled_again,
    labeled_again,
    disputed_again,
    carried_over,
    opened_again,
]


def interleaved(events: Sequence[Any], chance: random.Random) -> Iterator[list[Any]]:
    """The events in batches, mixed at random; what has one key of one topic keeps its order."""
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


async def forget(store: Any, *tables: str) -> None:
    async with transaction(store.sessions) as session:
        await (await raw(session)).execute(f"TRUNCATE {', '.join(tables)}")


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
    told = await store.get("/projects/p/labels/summary")
    counts = {name: told[name] for name in ("pending", "contested", "review_pending", "unreleased")}
    return {**counts, "decided": sum(told["decided"].values()), "items": told["items"]}


def expected(told: Sequence[str]) -> dict[str, int]:
    names = ("pending", "contested", "review_pending", "unreleased", "decided")
    return {name: told.count(name) for name in names} | {"items": len(told)}


@pytest.mark.parametrize("chapter", CHAPTERS)
async def test_every_chapter_ends_as_it_should_however_it_is_told(
    store: Any, story: Any, chapter: Callable[[Any], str]
) -> None:
    story.spec()
    story.spec(2)
    state = chapter(story)
    orders = [[story.events], [[event] for event in reversed_lanes(story.events)]]

    for batches in orders:
        for batch in batches:
            await store.hear(batch)
        assert await states(store) == expected([state])
        await forget(store, *LEDGER)


def reversed_lanes(events: Sequence[Any]) -> list[Any]:
    """The lanes one after the other, the last to begin first."""
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
    chapters=st.lists(st.sampled_from(CHAPTERS), min_size=1, max_size=8),
    chance=st.randoms(use_true_random=False),
)
async def test_every_interleaving_ends_in_the_same_version(
    store: Any, story: Any, chapters: list[Callable[[Any], str]], chance: random.Random
) -> None:
    tale = type(story)()
    tale.spec()
    tale.spec(2)
    told = [agreed(tale), *(chapter(tale) for chapter in chapters)]
    await forget(store, *LEDGER)
    await store.hear(tale.events)
    first = await store.publish()
    before = await states(store)

    await forget(store, *LEDGER)
    for batch in interleaved(tale.events, chance):
        await store.hear(batch)
        if chance.random() < 0.2:
            await store.hear(batch)
    again = await store.publish()

    assert before == await states(store) == expected(told)
    assert again == first


async def test_everything_told_twice_changes_nothing_even_into_an_empty_inbox(
    store: Any, story: Any
) -> None:
    story.spec()
    story.spec(2)
    told = [chapter(story) for chapter in CHAPTERS]
    await store.hear(story.events)
    first = await store.publish()

    await store.hear(story.events)
    await forget(store, "inbox")
    await store.hear(story.events)

    assert await store.publish() == first
    assert await states(store) == expected(told)


async def test_another_machine_makes_the_same_version_of_the_same_events(
    store: Any, another_store: Any, story: Any
) -> None:
    story.spec()
    story.spec(2)
    for chapter in CHAPTERS:
        chapter(story)
    await store.hear(story.events)
    for batch in interleaved(story.events, random.Random(7)):
        await another_store.hear(batch)

    here = await store.publish("one")
    there = await another_store.publish("other")

    assert here["hash"] == there["hash"]
    assert await store.records(here["hash"]) == await another_store.records(there["hash"])


async def test_one_flipped_byte_in_a_label_makes_another_version(
    store: Any, another_store: Any, story: Any
) -> None:
    story.spec()
    for _ in range(3):
        story.decided()
    *rest, last = story.events
    flipped = last.model_copy(update={"label": {"mood": "goof"}})
    await store.hear([*rest, last])
    await another_store.hear([*rest, flipped])

    here, there = await store.publish(), await another_store.publish()

    assert here["records"] == there["records"]
    assert here["hash"] != there["hash"]
