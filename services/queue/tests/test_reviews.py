"""Tests of adjudications and reviews: their context, their stages, and refusals."""

from typing import Any

import pytest
from queue_harness import (
    AT_ONCE,
    BAD,
    GOOD,
    LATER,
    Queue,
    conflict,
    policy,
    review,
    spec,
    task,
)

from schemas.events import AdjudicationDecided, ReviewDecided, TaskSkipped

further = pytest.mark.parametrize("stage", LATER)


# --- context


@further
@pytest.mark.parametrize("votes", ["shown", "hidden", None])
async def test_what_people_answered_is_shown_or_hidden_as_the_policy_says(
    queue: Queue, stage: str, votes: str | None
) -> None:
    visibility = {} if votes is None else {"votes": votes}
    prelabels = [{"model": "m", "value": BAD, "score": 0.9}]
    await queue.deliver(spec(**policy(stage, **AT_ONCE, **visibility)), task(prelabels=prelabels))
    ids = await queue.voted("ada", "bob")
    settings = conflict(ids) if stage == "adjudicate" else review()
    await queue.deliver(settings)

    [lease] = await queue.lease("cyd", LATER[stage])

    by_default = {"adjudicate": "shown", "review": "hidden"}[stage]
    labels = [vote["label"]["mood"] for vote in lease["context"]["votes"]]
    assert sorted(labels) == (["bad", "good"] if (votes or by_default) == "shown" else [])
    suggestion = {"model": "m", "value": BAD, "score": 0.9}
    is_shown = (votes or by_default) == "shown"
    assert lease["context"]["prelabel"] == (suggestion if is_shown else None)
    assert all(set(vote) == {"label", "rules", "note"} for vote in lease["context"]["votes"])
    assert lease["context"]["reason"] == settings.reason
    assert lease["context"].get("label") == (GOOD if stage == "review" else None)


async def test_an_adjudicator_is_shown_why_people_passed_the_task_on(queue: Queue) -> None:
    skips = [{"reason": "two_labels_fit", "note": "both", "labels": [GOOD, BAD]}]
    event = conflict(n=1).model_dump(mode="json") | {"skips": skips, "raised_by": "skips"}
    await queue.deliver(spec(), task(), type(conflict()).model_validate(event, strict=False))

    [lease] = await queue.lease("cyd", "adjudicator")

    assert lease["context"]["skips"] == skips


async def test_a_conflict_that_is_heard_before_its_spec_waits_for_it(queue: Queue) -> None:
    await queue.deliver(task(1), conflict(n=1), conflict(n=2), review(1))
    before = await queue.lease("cyd", "adjudicator", "reviewer", count=9)

    await queue.deliver(task(2))
    await queue.deliver(spec(adjudication={"votes": "hidden"}, review={"votes": "hidden"}))

    assert before == []
    after = await queue.lease("cyd", "adjudicator", "reviewer", count=9)
    stages = sorted((lease["stage"], lease["payload"]["text"]) for lease in after)
    assert stages == [("adjudicate", "text 1"), ("adjudicate", "text 2")]
    assert await queue.may(["dan"], "review") == ["dan"]


# --- stages


async def rounds(queue: Queue, *verdicts: tuple[str, dict[str, Any]]) -> list[Any]:
    """Let reviewers submit verdicts in turn; return the published events."""
    for name, body in verdicts:
        [lease] = await queue.lease(name, "reviewer")
        assert (await queue.put(name, lease, "review", body)).status_code == 201
        assert await queue.lease(name, "reviewer") == []
    return await queue.published()


ACCEPT = {"verdict": "accept"}


async def test_several_people_accept_one_after_the_other_and_it_is_told_once(queue: Queue) -> None:
    await queue.deliver(spec(review={**AT_ONCE, "stages": 3}), task(), review())

    first = await rounds(queue, ("ada", ACCEPT), ("bob", ACCEPT))
    [event] = await rounds(queue, ("cyd", {**ACCEPT, "comment": "fine"}))

    assert first == []
    assert isinstance(event, ReviewDecided)
    assert (event.verdict, event.review_id) == ("accept", review().review_id)
    assert event.reviewer == queue.tokens.pseudonym("cyd")
    assert event.accepted_before == [queue.tokens.pseudonym(name) for name in ("ada", "bob")]
    assert await queue.lease("dan", "reviewer") == []


@pytest.mark.parametrize(
    "ends", [{"verdict": "fix", "label": BAD}, {"verdict": "reject", "comment": "no"}]
)
@pytest.mark.parametrize("accepted", [0, 1])
async def test_a_fix_or_a_rejection_ends_the_review_at_once(
    queue: Queue, ends: dict[str, Any], accepted: int
) -> None:
    await queue.deliver(spec(review={**AT_ONCE, "stages": 3}), task(), review())

    before = [("ada", ACCEPT)] * accepted
    [event] = await rounds(queue, *before, ("bob", ends))

    assert (event.verdict, event.label) == (ends["verdict"], ends.get("label"))
    assert event.accepted_before == [queue.tokens.pseudonym("ada")] * accepted
    assert await queue.lease("cyd", "reviewer") == []


async def test_the_next_reviewer_sees_what_the_first_saw(queue: Queue) -> None:
    settings = {**AT_ONCE, "stages": 2, "votes": "shown"}
    await queue.deliver(spec(review=settings), task())
    await queue.voted("ada", "bob")
    await queue.deliver(review())

    [first] = await queue.lease("cyd", "reviewer")
    await queue.put("cyd", first, "review", ACCEPT)
    [second] = await queue.lease("dan", "reviewer")

    assert second["context"] == first["context"]
    assert len(first["context"]["votes"]) == 2
    assert second["lease_id"] != first["lease_id"]


async def test_a_second_stage_too_asks_the_experienced_first(queue: Queue) -> None:
    await queue.deliver(spec(review={"experienced_first_seconds": 3600, "stages": 2}))
    for name in ("eve", "eva"):
        await queue.sql(
            "INSERT INTO history VALUES ($1, 'mood', 'review', 10, now())",
            queue.tokens.pseudonym(name),
        )
        await queue.deliver(queue.has_standing(name, "good"))
    await queue.deliver(task(), review())

    await rounds(queue, ("eve", ACCEPT))

    assert await queue.may(["ada", "eve", "eva"], "review") == ["eva"]


async def test_the_same_verdict_again_is_the_same_and_another_is_refused(queue: Queue) -> None:
    await queue.deliver(spec(review={**AT_ONCE, "stages": 2}), task(), review())
    [lease] = await queue.lease("ada", "reviewer")

    bodies = [ACCEPT, ACCEPT, {"verdict": "reject"}]
    answers = [await queue.put("ada", lease, "review", body) for body in bodies]

    assert [one.status_code for one in answers] == [201, 200, 409]
    assert answers[0].json() == answers[1].json() == {"review_id": str(review().review_id)}
    assert len(await queue.lease("bob", "reviewer", count=9)) == 1


# --- refusals


async def test_a_label_that_the_spec_does_not_allow_settles_nothing(queue: Queue) -> None:
    await queue.deliver(spec(adjudication=AT_ONCE), task(1), conflict(n=1), task(2), review(2))
    [dispute] = await queue.lease("cyd", "adjudicator")
    [decided] = await queue.lease("dan", "reviewer")

    odd = {"mood": "odd"}
    settled = await queue.settle("cyd", dispute, odd)
    fixed = await queue.put("dan", decided, "review", {"verdict": "fix", "label": odd})
    without = await queue.put("dan", decided, "review", {"verdict": "fix"})

    assert [one.status_code for one in (settled, fixed, without)] == [422, 422, 422]
    assert [one.json()["errors"][0]["pointer"] for one in (settled, fixed)] == ["/label/mood"] * 2
    assert without.json()["type"] == "urn:problem:label-missing"
    assert await queue.published() == []


@pytest.mark.parametrize(
    "verdict",
    [
        {"verdict": "accept", "label": BAD},
        {"verdict": "fix", "label": GOOD},
        {"verdict": "reject", "label": BAD},
    ],
)
async def test_a_verdict_that_contradicts_its_label_is_refused(
    queue: Queue, verdict: dict[str, Any]
) -> None:
    await queue.deliver(spec(review=AT_ONCE), task(), review())
    [lease] = await queue.lease("dan", "reviewer")

    refused = await queue.put("dan", lease, "review", verdict)
    accepted = await queue.put("dan", lease, "review", {**ACCEPT, "label": GOOD})

    assert (refused.status_code, accepted.status_code) == (422, 201)
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["keyword"]) == ("/label", "verdict")


async def test_rules_that_do_not_exist_are_refused_at_every_stage(queue: Queue) -> None:
    await queue.deliver(spec(adjudication=AT_ONCE), task(1), task(2), conflict(n=1))
    [dispute] = await queue.lease("cyd", "adjudicator")
    [lease] = await queue.lease("ada")
    cited = {"label": GOOD, "rules": ["R99"]}
    why = {"rationale": "clear", "cause": "slip"}
    model = queue.tokens.bearer("m", "annotator", kind="model")
    body = {"project": "p", "annotations": [{"external_id": "x2", **cited}]}

    answers = [
        await queue.put("ada", lease, "annotation", cited),
        await queue.put("cyd", dispute, "adjudication", {**cited, **why}),
    ]
    bulk = await queue.http.post("/v1/annotations/bulk", json=body, headers=model)

    assert [one.status_code for one in answers] == [422, 422]
    errors = [one.json()["errors"][0] for one in answers]
    assert {(one["pointer"], one["keyword"]) for one in errors} == {("/rules/0", "unknown")}
    assert "R99" in bulk.json()["refused"][0]["problem"]
    assert await queue.published() == []


async def test_a_skip_because_two_labels_fit_carries_both(queue: Queue) -> None:
    await queue.deliver(spec(), task())
    [lease] = await queue.lease("ada")

    done = await queue.skip("ada", lease, "two_labels_fit", labels=[GOOD, BAD], note="both")
    again = await queue.skip("ada", lease, "two_labels_fit", labels=[GOOD, BAD], note="both")

    [event] = await queue.published()
    assert (done.status_code, again.status_code) == (204, 204)
    assert isinstance(event, TaskSkipped)
    assert (event.labels, event.note, event.reason) == ([GOOD, BAD], "both", "two_labels_fit")


@pytest.mark.parametrize(
    ("reason", "labels", "pointer"),
    [
        ("two_labels_fit", [GOOD, {"mood": "odd"}], "/labels/1/mood"),
        ("two_labels_fit", [{"tone": "good"}, BAD], "/labels/0"),
        ("two_labels_fit", [GOOD, GOOD], "/labels"),
        ("two_labels_fit", [GOOD], "/labels"),
        ("bad_data", [GOOD, BAD], "/labels"),
    ],
)
async def test_labels_that_cannot_be_meant_are_refused_with_their_place(
    queue: Queue, reason: str, labels: list[Any], pointer: str
) -> None:
    await queue.deliver(spec(), task())
    [lease] = await queue.lease("ada")

    refused = await queue.skip("ada", lease, reason, labels=labels)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"].startswith(pointer)
    assert await queue.published() == []
    assert (await queue.answer("ada", lease, GOOD)).status_code == 201


async def test_an_adjudication_is_told_with_its_cause_and_ends_the_dispute(queue: Queue) -> None:
    await queue.deliver(spec(adjudication=AT_ONCE), task())
    await queue.deliver(conflict(await queue.voted("ada", "bob")))
    [lease] = await queue.lease("cyd", "adjudicator")

    first, again = [await queue.settle("cyd", lease, BAD) for _ in range(2)]
    other = await queue.settle("cyd", lease, GOOD)

    [event] = await queue.published()
    assert [one.status_code for one in (first, again, other)] == [201, 200, 409]
    assert isinstance(event, AdjudicationDecided)
    assert (event.label, event.cause, event.rationale) == (BAD, "slip", "clear")
    assert lease["task_id"] == str(event.task_id) == str(task().task_id)
