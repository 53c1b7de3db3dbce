"""Annotators correct their own annotations after the undo period."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from blindness_crowd import PEOPLE, Crowd, project
from queue_costs import APART_MAX, typical, written
from queue_harness import BAD, GOOD, Queue, conflict, spec, task

from chassis.clock import utc_now
from queue_service.operations import annotations
from schemas.events import AnnotationCorrected, AnnotationSubmitted, ReviewRequested

NOTE = {"label": BAD, "rules": [], "note": "I misread it."}


async def answered(queue: Queue, **policy: Any) -> dict[str, Any]:
    """Return a lease that ada has answered."""
    await queue.deliver(spec(**policy), task())
    [lease] = await queue.lease("ada")
    assert (await queue.answer("ada", lease, GOOD)).is_success
    return lease


async def submitted_at(queue: Queue, lease: dict[str, Any], at: datetime) -> None:
    await queue.sql(
        "UPDATE answers SET submitted_at = $2 WHERE lease_id = $1", UUID(lease["lease_id"]), at
    )


async def test_a_correction_leaves_as_an_event_that_names_what_it_corrects(queue: Queue) -> None:
    lease = await answered(queue)

    corrected = await queue.put("ada", lease, "correction", NOTE)

    assert corrected.status_code == 201, corrected.text
    first, correction = await queue.published()
    assert isinstance(first, AnnotationSubmitted)
    assert isinstance(correction, AnnotationCorrected)
    assert str(correction.annotation_id) == corrected.json()["annotation_id"]
    assert (correction.corrects, correction.number) == (first.annotation_id, 1)
    assert (correction.label, correction.note) == (BAD, "I misread it.")
    same = ("task_id", "item_id", "spec_version", "purpose", "annotator", "annotator_kind")
    assert all(getattr(correction, name) == getattr(first, name) for name in same)


async def test_an_equal_correction_again_changes_nothing_and_another_counts_on(
    queue: Queue,
) -> None:
    lease = await answered(queue)
    unchanged = await queue.put("ada", lease, "correction", {"label": GOOD})
    first = await queue.put("ada", lease, "correction", NOTE)

    again = await queue.put("ada", lease, "correction", NOTE)
    back = await queue.put("ada", lease, "correction", {"label": GOOD})

    assert [answer.status_code for answer in (unchanged, first, again, back)] == [
        200, 201, 200, 201,
    ]  # fmt: skip
    assert first.json() == again.json() != back.json()
    submitted, *corrections = await queue.published()
    assert unchanged.json() == {"annotation_id": str(submitted.annotation_id)}
    assert [(event.number, event.label) for event in corrections] == [(1, BAD), (2, GOOD)]
    assert {event.corrects for event in corrections} == {submitted.annotation_id}


async def test_the_annotation_sent_again_after_its_correction_is_no_other_annotation(
    queue: Queue,
) -> None:
    lease = await answered(queue)
    await queue.put("ada", lease, "correction", NOTE)

    again = await queue.answer("ada", lease, GOOD)

    assert again.status_code == 200
    assert len(await queue.published()) == 2


async def test_in_the_undo_period_the_annotation_itself_changes(queue: Queue) -> None:
    lease = await answered(queue, undo_seconds=5)

    corrected = await queue.put("ada", lease, "correction", NOTE)

    assert corrected.status_code == 200
    assert await queue.published() == []
    later = utc_now() + timedelta(seconds=6)
    async with queue.database.transaction() as transaction:
        await annotations.publish_due(transaction, "p", later)
    [event] = await queue.published()
    assert (event.label, event.note) == (BAD, "I misread it.")


@pytest.mark.parametrize(("hours", "code"), [(23.9, 201), (24.1, 409)])
async def test_a_correction_is_taken_for_a_day(queue: Queue, hours: float, code: int) -> None:
    lease = await answered(queue)
    await submitted_at(queue, lease, utc_now() - timedelta(hours=hours))

    corrected = await queue.put("ada", lease, "correction", NOTE)

    assert corrected.status_code == code
    if code == 409:
        assert corrected.json()["type"] == "urn:problem:correction-too-late"
        assert len(await queue.published()) == 1


async def test_who_may_not_correct_is_refused_in_words(queue: Queue) -> None:
    lease = await answered(queue)
    await queue.deliver(task(2), task(3))
    open_lease, skipped = await queue.lease("ada", count=2)
    await queue.skip("ada", skipped, "bad_data")

    types = {
        "not held": await queue.put("bob", lease, "correction", NOTE),
        "open": await queue.put("ada", open_lease, "correction", NOTE),
        "skipped": await queue.put("ada", skipped, "correction", NOTE),
        "invalid": await queue.put("ada", lease, "correction", {"label": {"mood": "none"}}),
    }
    await queue.deliver(queue.has_standing("ada", "suspended"))
    types["suspended"] = await queue.put("ada", lease, "correction", NOTE)

    assert {name: answer.json()["type"].split(":")[-1] for name, answer in types.items()} == {
        "not held": "unknown-lease",
        "open": "not-answered",
        "skipped": "lease-skipped",
        "invalid": "invalid",
        "suspended": "suspended",
    }


async def test_adjudicators_and_reviewers_see_the_corrected_label(queue: Queue) -> None:
    shown = {"votes": "shown", "experienced_first_seconds": 0}
    lease = await answered(queue, adjudication=shown, review=shown)
    await queue.put("ada", lease, "correction", NOTE)
    _, correction = await queue.published()
    review = ReviewRequested(
        occurred_at=correction.occurred_at, project="p", review_id=UUID(int=9),
        task_id=UUID(int=1), item_id=correction.item_id, spec_version=1, decision_no=1,
        label=GOOD, reason="self_correction",
    )  # fmt: skip
    await queue.deliver(review, conflict(annotation_ids=[correction.annotation_id]))

    [reviewed] = await queue.lease("eve", "reviewer")
    [contested] = await queue.lease("max", "adjudicator")

    assert reviewed["context"]["votes"] == contested["context"]["votes"] == [NOTE]
    assert reviewed["context"]["reason"] == "self_correction"


async def test_correcting_a_honeypot_takes_what_correcting_work_takes(
    crowd: Crowd, statements: Counter[str]
) -> None:
    pots = {"first_rate": 0.5, "rate": 0.5}
    await crowd.deliver(*project(crowd.chance, 500, 300, redundancy=2, **pots))
    calls: list[tuple[int, int, Any]] = []

    for n in range(120):
        [sight] = await crowd.lease(n % PEOPLE, 1)
        url = f"leases/{sight.shown['lease_id']}"
        await crowd.call(n % PEOPLE, "PUT", f"{url}/annotation", {"label": {"mood": "good"}})
        before = await written(crowd)
        statements.clear()
        reply = await crowd.call(
            n % PEOPLE, "PUT", f"{url}/correction", {"label": {"mood": "bad"}, "note": "slip"}
        )
        calls.append((statements.total(), await written(crowd) - before, reply))
    truth = await crowd.honeypots()

    # The first calls fill the caches.
    by_kind = {kind: [c for c, t in list(zip(calls, truth, strict=True))[2:] if t is kind]
               for kind in (True, False)}  # fmt: skip
    assert min(map(len, by_kind.values())) > 20
    sent = {kind: {count for count, _, _ in found} for kind, found in by_kind.items()}
    assert sent[True] == sent[False]
    wrote = {kind: typical([size for _, size, _ in found]) for kind, found in by_kind.items()}
    assert abs(wrote[True] - wrote[False]) <= APART_MAX, wrote
    shapes = {kind: {(r.status, tuple(r.body)) for _, _, r in found}
              for kind, found in by_kind.items()}  # fmt: skip
    assert shapes[True] == shapes[False]
