"""The promises of quality, tested against a real PostgreSQL."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from alembic import command

from chassis import migrations, testing
from chassis.schedules import Runner
from quality_service import metrics, schedules
from quality_service.app import create_app
from quality_service.operations import gauges
from quality_service.settings import Settings
from schemas.events import (
    IDS_MAX,
    AnnotatorStandingChanged,
    EvidenceRelabelRequested,
    HoneypotScored,
    ReviewRequested,
    SkillChanged,
    SpecIssueDiagnosed,
    SpecIssueOpened,
    SpecIssueResolved,
    TaskWithdrawn,
)
from schemas.vocabulary import Skip

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_the_migrations_make_the_tables(fresh_database: Any) -> None:
    url = fresh_database()

    await asyncio.to_thread(migrations.upgrade, "quality_service", url)

    await asyncio.to_thread(migrations.check, "quality_service", url)


async def test_skips_from_before_the_labels_were_stored_dispute_every_field(
    fresh_database: Any, tokens: Any
) -> None:
    url = fresh_database()
    await asyncio.to_thread(command.upgrade, migrations.config("quality_service", url), "0001")
    app = create_app(testing.settings(Settings, tokens, url))
    async with testing.serving(app), app.state.database.transaction() as transaction:
        for n, reason in enumerate(["two_labels_fit", "bad_data"]):
            old = "INSERT INTO skips VALUES ($1, 'a', 'annotate', 'p', $1, 1, 'work', $2)"
            await (await transaction.connection()).execute(old, UUID(int=n), reason)
    await asyncio.to_thread(migrations.upgrade, "quality_service", url)

    async with testing.serving(app), app.state.database.transaction() as transaction:
        found = await (await transaction.connection()).fetch(
            "SELECT reason, fields, labels FROM skips"
        )

    assert {row["reason"]: (row["fields"], row["labels"]) for row in found} == {
        "two_labels_fit": ([], []),
        "bad_data": (None, []),
    }


async def test_a_honeypot_is_scored_field_by_field(quality: Any, make: Any) -> None:
    fields = [
        {"name": "mood", "kind": "choice", "options": ["good", "bad"]},
        {"name": "level", "kind": "rating", "minimum": 1, "maximum": 5, "tolerance": 1},
    ]
    gold = {"mood": "good", "level": 4}
    answer = {"mood": "bad", "level": 5}

    await quality.deliver(
        make.spec(fields=fields), make.gold("h", gold), make.honeypot("ada", "h", answer)
    )

    scored = await quality.published(HoneypotScored)
    assert [(event.field, event.given, event.expected, event.correct) for event in scored] == [
        ("level", 5, 4, True),
        ("mood", "bad", "good", False),
    ]


async def test_work_is_not_scored(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec(), make.gold("h"), make.answer("ada", "h"))

    assert await quality.published() == []


async def test_corrected_gold_scores_the_changed_answers_again(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec(), make.gold("h", "good"), make.honeypot("ada", "h", "bad"))
    assert [event.correct for event in await quality.published(HoneypotScored)] == [False]

    await quality.deliver(make.gold("h", "bad"))
    assert [event.correct for event in await quality.published(HoneypotScored)] == [True]

    await quality.deliver(make.gold("h", "bad"))
    assert await quality.published() == []


async def test_an_answer_that_the_spec_does_not_accept_is_wrong(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec(), make.gold("h"), make.honeypot("ada", "h", "green"))

    assert [event.correct for event in await quality.published(HoneypotScored)] == [False]


def crowd(make: Any, rights: dict[str, float], honeypots: int = 30) -> list[Any]:
    """Return the events of annotators who are right at these rates, drawn with a fixed seed."""
    chance = random.Random(11)
    golds = [make.gold(f"h{n}", "good" if n % 2 else "bad") for n in range(honeypots)]
    answers = []
    for name, rate in rights.items():
        for n in range(honeypots):
            right = chance.random() < rate
            answers.append(
                make.honeypot(name, f"h{n}", "good" if right == bool(n % 2) else "bad", minute=n)
            )
    return [make.spec(), *golds, *answers]


async def test_a_bad_annotator_is_flagged_and_good_ones_are_not(quality: Any, make: Any) -> None:
    people = {f"good {n}": 0.9 for n in range(8)} | {"guesses": 0.5}

    await quality.deliver(*crowd(make, people))

    changed = await quality.published(AnnotatorStandingChanged)
    last = {event.annotator: event for event in changed}
    flagged = last.pop(make.pseudonym("guesses"))
    assert flagged.standing == "flagged"
    assert flagged.accuracy.n == 30
    assert flagged.accuracy.high is not None
    assert flagged.accuracy.high < 0.9
    assert flagged.last_good_at is not None
    assert {event.standing for event in last.values()} == {"good"}


async def test_honeypots_suspend_no_annotator(quality: Any, make: Any) -> None:
    await quality.deliver(*crowd(make, {"never": 0.0}, honeypots=100))

    changed = await quality.published(AnnotatorStandingChanged)
    assert {event.standing for event in changed} == {"flagged"}


async def test_a_person_lifts_a_flag_and_a_new_count_begins(quality: Any, make: Any) -> None:
    await quality.deliver(*crowd(make, {"bob": 0.0}))
    await quality.published()

    answer = await quality.put(
        make.pseudonym("bob"), {"project": "p", "standing": "new", "reason": "ok"}
    )
    assert answer.status_code == 200
    await quality.deliver(make.gold("more"), make.honeypot("bob", "more", "bad"))

    changed = await quality.published(AnnotatorStandingChanged)
    assert [(event.standing, event.reason, event.accuracy.n) for event in changed] == [
        ("new", "ok", 0)
    ]


async def test_honeypots_do_not_lift_a_suspension(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec())
    await quality.put(make.pseudonym("ada"), {"project": "p", "standing": "suspended"})

    await quality.deliver(*crowd(make, {"ada": 1.0}))

    changed = await quality.published(AnnotatorStandingChanged)
    assert [event.standing for event in changed] == ["suspended"]


async def test_changed_skills_are_published(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec())
    body = {"project": "p", "skills": {"latin": 2, "greek": 1}}

    await quality.put(make.pseudonym("ada"), body)
    await quality.put(make.pseudonym("ada"), body)
    await quality.put(make.pseudonym("ada"), {"project": "p", "skills": {"latin": 0}})

    changed = [(event.skill, event.level) for event in await quality.published(SkillChanged)]
    assert changed == [("greek", 1), ("latin", 2), ("latin", 0)]


async def suspended(quality: Any, make: Any, name: str) -> list[ReviewRequested]:
    """Suspend an annotator, and return the reviews that are requested because of it."""
    await quality.published()
    answer = await quality.put(make.pseudonym(name), {"project": "p", "standing": "suspended"})
    assert answer.status_code == 200, answer.text
    return await quality.published(ReviewRequested)


async def test_a_suspension_requests_reviews_of_labels_decided_since_the_last_good_honeypot(
    quality: Any, make: Any
) -> None:
    await quality.deliver(
        make.spec(),
        make.gold("h"),
        make.gold("h2"),
        make.honeypot("bob", "h", minute=10),
        make.honeypot("bob", "h2", "bad", minute=20),
        *(
            make.answer("bob", name, minute=minute)
            for name, minute in [
                ("before", 9),
                ("after", 11),
                ("expert", 12),
                ("undecided", 13),
                ("redone", 14),
            ]
        ),
        make.answer("ada", "hers", minute=15),
        make.decided(1, "before", "bob"),
        make.decided(2, "after", "ada", "bob"),
        make.decided(3, "expert", "bob", how="adjudicated"),
        make.decided(4, "hers", "ada"),
        make.decided(5, "redone", "bob"),
        make.decided(6, "redone", "bob", how="review", supersedes=5),
    )

    requested = await suspended(quality, make, "bob")

    assert [(event.decision_no, event.reason) for event in requested] == [(2, "suspension")]
    assert requested[0].task_id == make.id("after")
    assert requested[0].label == {"mood": "good"}


async def test_without_a_good_honeypot_all_is_reviewed_and_once(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec(), make.answer("bob", "t"), make.decided(1, "t", "bob"))

    assert len(await suspended(quality, make, "bob")) == 1
    assert await suspended(quality, make, "bob") == []


@pytest.mark.parametrize("answer_first", [True, False])
async def test_labels_decided_after_the_suspension_are_reviewed_too(
    quality: Any, make: Any, answer_first: bool
) -> None:
    await quality.deliver(make.spec())
    await suspended(quality, make, "bob")
    events = [make.answer("bob", "t"), make.decided(1, "t", "bob")]

    for event in events if answer_first else reversed(events):
        await quality.deliver(event)

    requested = await quality.published(ReviewRequested)
    assert [(event.decision_no, event.reason) for event in requested] == [(1, "suspension")]


async def test_a_concurrent_suspension_and_decision_always_lead_to_a_review(
    quality: Any, make: Any
) -> None:
    await quality.deliver(make.spec(), *(make.answer("bob", f"t{n}") for n in range(40)))

    await asyncio.gather(
        *(quality.deliver(make.decided(n, f"t{n}", "bob")) for n in range(20)),
        quality.put(make.pseudonym("bob"), {"project": "p", "standing": "suspended"}),
        *(quality.deliver(make.decided(n, f"t{n}", "bob")) for n in range(20, 40)),
    )

    requested = await quality.published(ReviewRequested)
    assert sorted(event.decision_no for event in requested) == list(range(40))


async def test_an_answer_and_its_gold_that_come_at_once_are_scored_once(
    quality: Any, make: Any
) -> None:
    await quality.deliver(make.spec())

    for n in range(20):
        await asyncio.gather(
            quality.deliver(make.honeypot("ada", f"h{n}")), quality.deliver(make.gold(f"h{n}"))
        )

    scored = await quality.published(HoneypotScored)
    assert sorted(event.task_id for event in scored) == sorted(make.id(f"h{n}") for n in range(20))


async def test_the_sample_has_the_share_of_the_policy(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec(review={"rate": 0.25}))

    await quality.deliver(*(make.decided(n, f"t{n}") for n in range(1, 401)))

    requested = await quality.published(ReviewRequested)
    assert {event.reason for event in requested} == {"sample"}
    assert 70 <= len(requested) <= 130


async def test_a_decision_of_a_reviewer_is_not_sampled_again(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec(review={"rate": 1.0}))

    await quality.deliver(make.decided(1, "t"), make.decided(2, "t", how="review", supersedes=1))

    assert [event.decision_no for event in await quality.published(ReviewRequested)] == [1]


async def test_an_issue_opens_once(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec())

    await quality.deliver(make.agreement(0.4), make.agreement(0.3))
    await quality.deliver(make.agreement(0.35))

    opened = await quality.published(SpecIssueOpened)
    assert [(event.spec_version, event.field, event.value) for event in opened] == [
        (1, "mood", 0.4)
    ]


async def test_an_issue_that_several_replicas_open_opens_once(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec())

    await asyncio.gather(*(quality.deliver(make.agreement(0.4)) for _ in range(8)))

    assert len(await quality.published(SpecIssueOpened)) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"without": 0.75},
        {"n_items": 5},
        {"high": 0.71},
        {"slice": {"source": "web"}},
        {"sample": "prelabel_shown"},
    ],
)
async def test_low_agreement_alone_opens_no_issue(
    quality: Any, make: Any, more: dict[str, Any]
) -> None:
    await quality.deliver(make.spec(), make.agreement(0.4, **more))

    assert await quality.published() == []


def resolutions(events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, SpecIssueResolved)]


async def open_issue(quality: Any, make: Any) -> Any:
    await quality.deliver(make.spec(), make.agreement(0.4))
    return (await quality.published(SpecIssueOpened))[0].issue_id


async def test_the_evidence_and_nothing_else_is_labeled_again(quality: Any, make: Any) -> None:
    fields = [
        {"name": "mood", "kind": "choice", "options": ["good", "bad"]},
        {"name": "tone", "kind": "choice", "options": ["a", "b"]},
    ]
    await quality.deliver(
        make.spec(fields=fields),
        make.agreement(0.4),
        make.conflict("split"),
        make.conflict("split again", fields=["tone", "mood"]),
        make.conflict("whole", fields=[]),
        make.conflict("other field", fields=["tone"]),
        make.conflict("other version", spec_version=3),
        make.conflict("adjudicated"),
        make.adjudicated("adjudicated"),
        make.skipped("ada", "gap", "guideline_does_not_cover"),
        make.skipped("bob", "gap", "two_labels_fit"),
        make.skipped("bob", "two", "two_labels_fit"),
        make.skipped("bob", "mood", "two_labels_fit", labels=[{"mood": "good"}, {"mood": "bad"}]),
        make.skipped("bob", "tone", "two_labels_fit", labels=[{"tone": "a"}, {"tone": "b"}]),
        make.skipped("ada", "bad", "bad_data"),
        make.skipped("ada", "trap", "two_labels_fit", purpose="honeypot"),
        make.decided(1, "quiet"),
    )
    issue = (await quality.published(SpecIssueOpened))[0].issue_id

    await quality.deliver(make.spec(2, fields=fields, resolves=[issue], relabel="evidence"))

    published = await quality.published()
    assert [(event.issue_id, event.spec_version) for event in resolutions(published)] == [
        (issue, 2)
    ]
    requests = [event for event in published if isinstance(event, EvidenceRelabelRequested)]
    assert [(event.issue_id, event.spec_version) for event in requests] == [(issue, 2)]
    names = ["split", "split again", "whole", "adjudicated", "gap", "two", "mood"]
    assert set(requests[0].item_ids) == {make.id(f"item {name}") for name in names}


@pytest.mark.parametrize("reason", ["bad_data", "not_my_skill", "other"])
async def test_skips_that_are_not_the_fault_of_the_spec_are_no_evidence_even_with_a_conflict(
    quality: Any, make: Any, reason: str
) -> None:
    issue = await open_issue(quality, make)
    names = [f"t{n}" for n in range(6)]
    for name in names:
        await quality.deliver(
            *(make.skipped(who, name, reason) for who in ("ada", "bob", "cal")),
            make.conflict(name, raised_by="skips", skips=[Skip(reason=reason)] * 3),
            make.adjudicated(name, "ambiguous_data"),
        )

    await quality.deliver(make.spec(2, resolves=[issue], relabel="evidence"))

    assert [type(event) for event in await quality.published()] == [SpecIssueResolved]


async def test_a_gap_that_people_skip_is_evidence_and_so_is_how_it_was_settled(
    quality: Any, make: Any
) -> None:
    issue = await open_issue(quality, make)
    gap = Skip(reason="guideline_does_not_cover")
    for n in range(5):
        await quality.deliver(
            make.skipped("ada", f"t{n}", "guideline_does_not_cover"),
            make.conflict(f"t{n}", raised_by="skips", skips=[gap, Skip(reason="bad_data")]),
            make.adjudicated(f"t{n}", "spec_gap"),
        )

    await quality.deliver(make.spec(2, resolves=[issue], relabel="evidence"))

    published = await quality.published()
    assert [event.cause for event in published if isinstance(event, SpecIssueDiagnosed)] == [
        "spec_gap"
    ]
    [request] = [event for event in published if isinstance(event, EvidenceRelabelRequested)]
    assert set(request.item_ids) == {make.id(f"item t{n}") for n in range(5)}


async def test_evidence_that_comes_after_the_mending_is_labeled_again_too(
    quality: Any, make: Any
) -> None:
    issue = await open_issue(quality, make)
    await quality.deliver(make.conflict("early"))
    await quality.deliver(make.spec(2, resolves=[issue], relabel="evidence"))
    await quality.published()

    await quality.deliver(make.conflict("late"), make.conflict("early"))

    requests = await quality.published(EvidenceRelabelRequested)
    assert [event.item_ids for event in requests] == [[make.id("item late")]]


async def test_much_evidence_is_published_in_chunks(quality: Any, make: Any) -> None:
    issue = await open_issue(quality, make)
    await quality.deliver(*(make.conflict(f"t{n}") for n in range(IDS_MAX + 1)))

    await quality.deliver(make.spec(2, resolves=[issue], relabel="evidence"))

    requests = await quality.published(EvidenceRelabelRequested)
    assert [len(event.item_ids) for event in requests] == [IDS_MAX, 1]
    assert len({item for event in requests for item in event.item_ids}) == IDS_MAX + 1


@pytest.mark.parametrize("relabel", ["none", "touched", "all"])
async def test_evidence_is_labeled_again_only_if_the_owner_says_so(
    quality: Any, make: Any, relabel: str
) -> None:
    issue = await open_issue(quality, make)
    await quality.deliver(make.conflict("t"))

    await quality.deliver(make.spec(2, resolves=[issue], relabel=relabel))

    assert [type(event) for event in await quality.published()] == [SpecIssueResolved]


async def test_an_unknown_issue_is_not_resolved(quality: Any, make: Any) -> None:
    issue = await open_issue(quality, make)
    other = type(make)()
    other.project = "q"

    await quality.deliver(
        make.spec(2, resolves=[make.id("nothing")]), other.spec(2, resolves=[issue])
    )

    assert await quality.published() == []


async def test_an_issue_is_resolved_once(quality: Any, make: Any) -> None:
    issue = await open_issue(quality, make)

    await quality.deliver(make.spec(2, resolves=[issue]), make.spec(3, resolves=[issue]))

    assert [event.spec_version for event in resolutions(await quality.published())] == [2]


async def test_an_issue_is_diagnosed_when_enough_adjudicators_name_a_cause(
    quality: Any, make: Any
) -> None:
    issue = await open_issue(quality, make)
    names = [f"t{n}" for n in range(8)]
    await quality.deliver(*(make.conflict(name) for name in names))

    await quality.deliver(*(make.adjudicated(name, "slip") for name in names[:2]))
    await quality.deliver(*(make.adjudicated(name, "spec_gap") for name in names[2:4]))
    assert await quality.published() == []
    await quality.deliver(make.adjudicated(names[4], "spec_gap"))
    await quality.deliver(make.adjudicated(names[5], "spec_gap"))

    diagnosed = await quality.published(SpecIssueDiagnosed)
    assert [(event.issue_id, event.cause, event.causes) for event in diagnosed] == [
        (issue, "spec_gap", {"slip": 2, "spec_gap": 3})
    ]


async def test_an_issue_that_opens_after_its_adjudications_is_diagnosed_at_once(
    quality: Any, make: Any
) -> None:
    names = [f"t{n}" for n in range(5)]
    await quality.deliver(make.spec(), *(make.conflict(name) for name in names))
    await quality.deliver(*(make.adjudicated(name, "perspective") for name in names))

    await quality.deliver(make.agreement(0.4))

    assert [event.cause for event in await quality.published(SpecIssueDiagnosed)] == ["perspective"]


async def test_tasks_past_their_time_are_counted_until_they_are_decided(
    quality: Any, make: Any
) -> None:
    early = NOW - timedelta(hours=5)
    await quality.deliver(
        make.spec(sla_hours=4),
        make.task("late", at=early),
        make.task("decided", at=early),
        make.task("withdrawn", at=early),
        make.task("trap", at=early, purpose="honeypot"),
        make.task("fresh"),
        make.task("due", due_at=NOW - timedelta(minutes=1)),
        make.decided(1, "decided"),
        TaskWithdrawn(
            occurred_at=NOW, project="p", task_id=make.id("withdrawn"), reason="withdrawn"
        ),
    )

    async with quality.database.transaction() as transaction:
        await gauges.update_gauges(transaction, NOW)

    assert metrics.OVERDUE.labels("p")._value.get() == 2
    assert metrics.OVERDUE.labels("other")._value.get() == 0


async def test_the_gauges_are_counted_from_the_database(quality: Any, make: Any) -> None:
    await quality.deliver(*crowd(make, {"never": 0.0}), make.agreement(0.4))
    await quality.deliver(make.spec(2, review={"rate": 1.0}), make.decided(1, "t", spec_version=2))

    for schedule in schedules.SCHEDULES:
        await Runner(schedule, quality.database).run_once()

    assert metrics.ANNOTATORS.labels("flagged")._value.get() == 1
    assert metrics.ISSUES.labels("open")._value.get() == 1
    assert metrics.ISSUE_AGE._value.get() > 0
    assert metrics.REVIEWS_WAITING._value.get() == 1
