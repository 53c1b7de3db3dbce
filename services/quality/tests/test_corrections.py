"""Corrections change no score and no count; the labels based on them can still be doubted."""

from typing import Any

from schemas.events import HoneypotScored, ReviewRequested


async def test_the_first_answer_to_a_honeypot_is_scored_and_no_correction(
    quality: Any, make: Any
) -> None:
    await quality.deliver(make.spec(), make.gold("h"), make.honeypot("ada", "h", "bad"))
    [scored] = await quality.published(HoneypotScored)

    await quality.deliver(make.corrected("ada", "h", "good", purpose="honeypot"))
    await quality.deliver(make.gold("h", "good"))

    assert scored.correct is False
    assert await quality.published() == []


async def test_a_correction_is_not_counted_as_another_annotation(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec(), make.answer("ada", "t"), make.corrected("ada", "t"))

    shown = (await quality.get("/v1/projects/p/annotators", "lead", "spec_owner")).json()
    assert [one["annotations"] for one in shown["annotators"]] == [1]


async def test_a_label_based_on_a_suspended_persons_correction_is_reviewed(
    quality: Any, make: Any
) -> None:
    correction = make.corrected("bob", "t")
    decided = make.decided(1, "t", annotation_ids=[correction.annotation_id])
    await quality.deliver(make.spec(), make.answer("bob", "t"), correction, decided)

    await quality.put(make.pseudonym("bob"), {"project": "p", "standing": "suspended"})

    assert [event.decision_no for event in await quality.published(ReviewRequested)] == [1]
