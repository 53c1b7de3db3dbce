"""Corrections of annotations, with a real PostgreSQL."""

import random
from typing import Any
from uuid import UUID

import pytest
from consensus_harness import TASK, Consensus, adjudication, spec, task, vote

from schemas.events import (
    AnnotationCorrected,
    ConflictRaised,
    LabelDecided,
    RedundancyRaised,
    ReviewRequested,
)


def correction(annotator: int, mood: str, n: int = 1, number: int = 1) -> AnnotationCorrected:
    first = vote(annotator, mood, n)
    facts = first.model_dump(exclude={"event_id", "prelabel_given", "active_ms"})
    id_ = UUID(int=first.annotation_id.int + 1_000_000 * number)
    corrects = {"corrects": first.annotation_id, "number": number}
    return AnnotationCorrected(**{**facts, **corrects, "annotation_id": id_})


async def test_while_the_task_is_open_the_vote_is_replaced(
    consensus: Consensus,
) -> None:
    await consensus.handle(spec(), task(), vote(1, "bad"), correction(1, "good"))
    before = await consensus.published()
    await consensus.handle(vote(2, "good"))

    [decided] = await consensus.published()

    assert before == []
    assert isinstance(decided, LabelDecided)
    assert (decided.label, decided.how) == ({"mood": "good"}, "unanimous")
    assert set(decided.annotation_ids) == {
        correction(1, "good").annotation_id, vote(2, "good").annotation_id,
    }  # fmt: skip


async def test_a_correction_can_decide_and_the_target_stays(
    consensus: Consensus,
) -> None:
    share = {"how": "share", "threshold": 0.7}
    await consensus.handle(spec(decide=share), task(), vote(1, "good"), vote(2, "bad"))
    [raised] = await consensus.published()
    await consensus.handle(vote(3, "good"))
    [again] = await consensus.published()
    await consensus.handle(correction(2, "good"))

    assert isinstance(raised, RedundancyRaised)
    assert isinstance(again, RedundancyRaised)
    assert await consensus.published() == []  # Four votes are wanted still, and three are there.
    await consensus.handle(vote(4, "good"))
    [decided] = await consensus.published()
    assert (decided.label, decided.confidence) == ({"mood": "good"}, 1.0)


async def test_a_decided_label_stands_and_a_review_is_requested_once_for_each_annotation(
    consensus: Consensus,
) -> None:
    await consensus.handle(spec(), task(), vote(1, "good"), vote(2, "good"))
    await consensus.published()
    await consensus.handle(correction(1, "bad"), correction(1, "odd", number=2))

    first, second = await consensus.published()

    assert isinstance(first, ReviewRequested)
    assert (first.reason, first.label, first.decision_no) == (
        "self_correction",
        {"mood": "good"},
        1,
    )
    assert first.review_id == second.review_id
    shown = await consensus.get(f"/v1/tasks/{TASK}")
    assert (shown["state"], shown["label"]) == ("decided", {"mood": "good"})
    await consensus.handle(correction(2, "bad"))
    [third] = await consensus.published()
    assert third.review_id != first.review_id


async def test_a_conflict_is_not_settled_by_a_correction(
    consensus: Consensus,
) -> None:
    await consensus.handle(spec(), task(), vote(1, "good"), vote(2, "bad"))
    [conflict] = await consensus.published()
    await consensus.handle(correction(2, "good"))

    assert isinstance(conflict, ConflictRaised)
    assert await consensus.published() == []
    assert (await consensus.get(f"/v1/tasks/{TASK}"))["state"] == "contested"
    await consensus.handle(adjudication())
    [decided] = await consensus.published()
    assert decided.label == {"mood": "bad"}


async def test_corrections_of_honeypots_decide_nothing_and_request_no_review(
    consensus: Consensus,
) -> None:
    corrected = correction(1, "bad").model_copy(update={"purpose": "honeypot"})
    await consensus.handle(spec(), task(purpose="honeypot"), vote(1, "good", purpose="honeypot"))
    await consensus.handle(corrected)

    assert await consensus.published() == []


async def test_the_last_correction_is_in_force_in_whatever_order_they_arrive(
    consensus: Consensus,
) -> None:
    await consensus.handle(spec(), *(task(n) for n in range(1, 7)))
    orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    for n, order in enumerate(orders, 1):
        own = [vote(1, "bad", n), correction(1, "odd", n), correction(1, "good", n, number=2)]
        await consensus.handle(*(own[place] for place in order))
        await consensus.handle(vote(2, "good", n))

    decided = await consensus.published()

    assert [event.label["mood"] for event in decided] == ["good"] * 6
    assert all(
        correction(1, "good", n, number=2).annotation_id in event.annotation_ids
        for n, event in enumerate(decided, 1)
    )


HISTORY: list[Any] = [
    vote(1, "good"), correction(1, "bad"), vote(2, "bad"), correction(2, "odd"),
    vote(1, "good", 2), vote(2, "bad", 2), correction(2, "good", 2), adjudication(),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
async def test_topics_interleaved_in_any_way_end_the_same(
    consensus: Consensus,
    seed: int,
) -> None:
    topics: list[list[Any]] = [[spec()], [task(1), task(2)], list(HISTORY)]
    chance = random.Random(seed)
    while any(topics):
        topic = chance.choice([topic for topic in topics if topic])
        await consensus.handle(topic.pop(0))

    found = await consensus.published()

    assert sorted((type(event).__name__, str(event.task_id)) for event in found) == [
        ("ConflictRaised", str(UUID(int=2))),
        ("LabelDecided", str(TASK)),
        ("LabelDecided", str(TASK)),
        ("ReviewRequested", str(TASK)),
    ]


async def test_a_replay_without_an_inbox_changes_nothing(
    consensus: Consensus,
) -> None:
    events = [spec(), task(1), task(2), *HISTORY[:-1]]
    await consensus.handle(*events, *events)
    await consensus.published()
    state = [await consensus.get(f"/v1/tasks/{UUID(int=n)}") for n in (1, 2)]
    await consensus.forget_inbox()

    await consensus.handle(*events)

    assert await consensus.published() == []
    assert [await consensus.get(f"/v1/tasks/{UUID(int=n)}") for n in (1, 2)] == state
