"""What quality promises, against a real PostgreSQL."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from alembic import command

from chassis import migrations, testing
from chassis.database import raw, transaction
from chassis.schedules import Runner
from quality_service import metrics, schedules
from quality_service.app import create_app
from quality_service.operations import watching
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


async def test_skips_from_before_the_labels_were_told_speak_against_every_field(
    fresh_database: Any, tokens: Any
) -> None:
    url = fresh_database()
    await asyncio.to_thread(command.upgrade, migrations.config("quality_service", url), "0001")
    app = create_app(testing.settings(Settings, tokens, url))
    async with testing.serving(app), transaction(app.state.sessions) as session:
        for n, reason in enumerate(["two_labels_fit", "bad_data"]):
            old = "INSERT INTO skips VALUES ($1, 'a', 'annotate', 'p', $1, 1, 'work', $2)"
            await (await raw(session)).execute(old, UUID(int=n), reason)
    await asyncio.to_thread(migrations.upgrade, "quality_service", url)

    async with testing.serving(app), transaction(app.state.sessions) as session:
        found = await (await raw(session)).fetch("SELECT reason, fields, labels FROM skips")

    assert {row["reason"]: (row["fields"], row["labels"]) for row in found} == {
        "two_labels_fit": ([], []),
        "bad_data": (None, []),
    }


async def test_a_honeypot_is_scored_field_by_field(quality: Any, say: Any) -> None:
    fields = [
        {"name": "mood", "kind": "choice", "options": ["good", "bad"]},
        {"name": "level", "kind": "rating", "minimum": 1, "maximum": 5, "tolerance": 1},
    ]
    gold = {"mood": "good", "level": 4}
    answer = {"mood": "bad", "level": 5}

    await quality.hear(
        say.spec(fields=fields), say.gold("h", gold), say.honeypot("ada", "h", answer)
    )

    scored = await quality.said(HoneypotScored)
    assert [(one.field, one.given, one.expected, one.correct) for one in scored] == [
        ("level", 5, 4, True),
        ("mood", "bad", "good", False),
    ]


async def test_work_is_not_scored(quality: Any, say: Any) -> None:
    await quality.hear(say.spec(), say.gold("h"), say.answer("ada", "h"))

    assert await quality.said() == []


async def test_gold_that_is_corrected_scores_again_what_it_changes(quality: Any, say: Any) -> None:
    await quality.hear(say.spec(), say.gold("h", "good"), say.honeypot("ada", "h", "bad"))
    assert [one.correct for one in await quality.said(HoneypotScored)] == [False]

    await quality.hear(say.gold("h", "bad"))
    assert [one.correct for one in await quality.said(HoneypotScored)] == [True]

    await quality.hear(say.gold("h", "bad"))
    assert await quality.said() == []


async def test_an_answer_that_the_spec_does_not_accept_is_wrong(quality: Any, say: Any) -> None:
    await quality.hear(say.spec(), say.gold("h"), say.honeypot("ada", "h", "green"))

    assert [one.correct for one in await quality.said(HoneypotScored)] == [False]


def crowd(say: Any, rights: dict[str, float], honeypots: int = 30) -> list[Any]:
    """Answers of people who are right at these rates, by a fixed seed."""
    chance = random.Random(11)
    golds = [say.gold(f"h{n}", "good" if n % 2 else "bad") for n in range(honeypots)]
    answers = []
    for name, rate in rights.items():
        for n in range(honeypots):
            right = chance.random() < rate
            answers.append(
                say.honeypot(name, f"h{n}", "good" if right == bool(n % 2) else "bad", minute=n)
            )
    return [say.spec(), *golds, *answers]


async def test_a_bad_annotator_is_flagged_and_good_ones_are_not(quality: Any, say: Any) -> None:
    people = {f"good {n}": 0.9 for n in range(8)} | {"guesses": 0.5}

    await quality.hear(*crowd(say, people))

    changed = await quality.said(AnnotatorStandingChanged)
    last = {one.annotator: one for one in changed}
    flagged = last.pop(say.who("guesses"))
    assert flagged.standing == "flagged"
    assert flagged.accuracy.n == 30
    assert flagged.accuracy.high is not None
    assert flagged.accuracy.high < 0.9
    assert flagged.last_good_at is not None
    assert {one.standing for one in last.values()} == {"good"}


async def test_nobody_is_suspended_by_honeypots(quality: Any, say: Any) -> None:
    await quality.hear(*crowd(say, {"never": 0.0}, honeypots=100))

    changed = await quality.said(AnnotatorStandingChanged)
    assert {one.standing for one in changed} == {"flagged"}


async def test_a_person_lifts_a_flag_and_the_count_begins_anew(quality: Any, say: Any) -> None:
    await quality.hear(*crowd(say, {"bob": 0.0}))
    await quality.said()

    answer = await quality.put(say.who("bob"), {"project": "p", "standing": "new", "reason": "ok"})
    assert answer.status_code == 200
    await quality.hear(say.gold("more"), say.honeypot("bob", "more", "bad"))

    changed = await quality.said(AnnotatorStandingChanged)
    assert [(one.standing, one.reason, one.accuracy.n) for one in changed] == [("new", "ok", 0)]


async def test_a_suspension_holds_whatever_honeypots_say(quality: Any, say: Any) -> None:
    await quality.hear(say.spec())
    await quality.put(say.who("ada"), {"project": "p", "standing": "suspended"})

    await quality.hear(*crowd(say, {"ada": 1.0}))

    changed = await quality.said(AnnotatorStandingChanged)
    assert [one.standing for one in changed] == ["suspended"]


async def test_skills_are_told_when_they_change(quality: Any, say: Any) -> None:
    await quality.hear(say.spec())
    body = {"project": "p", "skills": {"latin": 2, "greek": 1}}

    await quality.put(say.who("ada"), body)
    await quality.put(say.who("ada"), body)
    await quality.put(say.who("ada"), {"project": "p", "skills": {"latin": 0}})

    changed = [(one.skill, one.level) for one in await quality.said(SkillChanged)]
    assert changed == [("greek", 1), ("latin", 2), ("latin", 0)]


async def suspended(quality: Any, say: Any, name: str) -> list[ReviewRequested]:
    """Suspend somebody, and return the reviews that this asks for."""
    await quality.said()
    answer = await quality.put(say.who(name), {"project": "p", "standing": "suspended"})
    assert answer.status_code == 200, answer.text
    return await quality.said(ReviewRequested)


async def test_a_suspension_sends_to_review_what_was_decided_since_the_last_good_honeypot(
    quality: Any, say: Any
) -> None:
    await quality.hear(
        say.spec(),
        say.gold("h"),
        say.gold("h2"),
        say.honeypot("bob", "h", minute=10),
        say.honeypot("bob", "h2", "bad", minute=20),
        *(
            say.answer("bob", name, minute=minute)
            for name, minute in [
                ("before", 9),
                ("after", 11),
                ("expert", 12),
                ("undecided", 13),
                ("redone", 14),
            ]
        ),
        say.answer("ada", "hers", minute=15),
        say.decided(1, "before", "bob"),
        say.decided(2, "after", "ada", "bob"),
        say.decided(3, "expert", "bob", how="adjudicated"),
        say.decided(4, "hers", "ada"),
        say.decided(5, "redone", "bob"),
        say.decided(6, "redone", "bob", how="review", supersedes=5),
    )

    requested = await suspended(quality, say, "bob")

    assert [(one.decision_no, one.reason) for one in requested] == [(2, "suspension")]
    assert requested[0].task_id == say.id("after")
    assert requested[0].label == {"mood": "good"}


async def test_without_a_good_honeypot_all_is_reviewed_and_once(quality: Any, say: Any) -> None:
    await quality.hear(say.spec(), say.answer("bob", "t"), say.decided(1, "t", "bob"))

    assert len(await suspended(quality, say, "bob")) == 1
    assert await suspended(quality, say, "bob") == []


@pytest.mark.parametrize("answer_first", [True, False])
async def test_what_is_decided_after_the_suspension_is_reviewed_too(
    quality: Any, say: Any, answer_first: bool
) -> None:
    await quality.hear(say.spec())
    await suspended(quality, say, "bob")
    events = [say.answer("bob", "t"), say.decided(1, "t", "bob")]

    for event in events if answer_first else reversed(events):
        await quality.hear(event)

    requested = await quality.said(ReviewRequested)
    assert [(one.decision_no, one.reason) for one in requested] == [(1, "suspension")]


async def test_a_suspension_and_the_decision_that_it_touches_never_miss_each_other(
    quality: Any, say: Any
) -> None:
    await quality.hear(say.spec(), *(say.answer("bob", f"t{n}") for n in range(40)))

    await asyncio.gather(
        *(quality.hear(say.decided(n, f"t{n}", "bob")) for n in range(20)),
        quality.put(say.who("bob"), {"project": "p", "standing": "suspended"}),
        *(quality.hear(say.decided(n, f"t{n}", "bob")) for n in range(20, 40)),
    )

    requested = await quality.said(ReviewRequested)
    assert sorted(one.decision_no for one in requested) == list(range(40))


async def test_an_answer_and_its_gold_that_come_at_once_are_scored_once(
    quality: Any, say: Any
) -> None:
    await quality.hear(say.spec())

    for n in range(20):
        await asyncio.gather(
            quality.hear(say.honeypot("ada", f"h{n}")), quality.hear(say.gold(f"h{n}"))
        )

    scored = await quality.said(HoneypotScored)
    assert sorted(one.task_id for one in scored) == sorted(say.id(f"h{n}") for n in range(20))


async def test_the_sample_is_the_share_that_the_policy_says(quality: Any, say: Any) -> None:
    await quality.hear(say.spec(review={"rate": 0.25}))

    await quality.hear(*(say.decided(n, f"t{n}") for n in range(1, 401)))

    requested = await quality.said(ReviewRequested)
    assert {one.reason for one in requested} == {"sample"}
    assert 70 <= len(requested) <= 130


async def test_what_a_reviewer_decided_is_not_sampled_again(quality: Any, say: Any) -> None:
    await quality.hear(say.spec(review={"rate": 1.0}))

    await quality.hear(say.decided(1, "t"), say.decided(2, "t", how="review", supersedes=1))

    assert [one.decision_no for one in await quality.said(ReviewRequested)] == [1]


async def test_an_issue_opens_once(quality: Any, say: Any) -> None:
    await quality.hear(say.spec())

    await quality.hear(say.agreement(0.4), say.agreement(0.3))
    await quality.hear(say.agreement(0.35))

    opened = await quality.said(SpecIssueOpened)
    assert [(one.spec_version, one.field, one.value) for one in opened] == [(1, "mood", 0.4)]


async def test_an_issue_that_opens_in_two_places_at_once_opens_once(quality: Any, say: Any) -> None:
    await quality.hear(say.spec())

    await asyncio.gather(*(quality.hear(say.agreement(0.4)) for _ in range(8)))

    assert len(await quality.said(SpecIssueOpened)) == 1


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
    quality: Any, say: Any, more: dict[str, Any]
) -> None:
    await quality.hear(say.spec(), say.agreement(0.4, **more))

    assert await quality.said() == []


def resolved(events: list[Any]) -> list[Any]:
    return [one for one in events if isinstance(one, SpecIssueResolved)]


async def opened(quality: Any, say: Any) -> Any:
    await quality.hear(say.spec(), say.agreement(0.4))
    return (await quality.said(SpecIssueOpened))[0].issue_id


async def test_the_evidence_and_nothing_else_is_labeled_again(quality: Any, say: Any) -> None:
    fields = [
        {"name": "mood", "kind": "choice", "options": ["good", "bad"]},
        {"name": "tone", "kind": "choice", "options": ["a", "b"]},
    ]
    await quality.hear(
        say.spec(fields=fields),
        say.agreement(0.4),
        say.conflict("split"),
        say.conflict("split again", fields=["tone", "mood"]),
        say.conflict("whole", fields=[]),
        say.conflict("other field", fields=["tone"]),
        say.conflict("other version", spec_version=3),
        say.conflict("adjudicated"),
        say.adjudicated("adjudicated"),
        say.skipped("ada", "gap", "guideline_does_not_cover"),
        say.skipped("bob", "gap", "two_labels_fit"),
        say.skipped("bob", "two", "two_labels_fit"),
        say.skipped("bob", "mood", "two_labels_fit", labels=[{"mood": "good"}, {"mood": "bad"}]),
        say.skipped("bob", "tone", "two_labels_fit", labels=[{"tone": "a"}, {"tone": "b"}]),
        say.skipped("ada", "bad", "bad_data"),
        say.skipped("ada", "trap", "two_labels_fit", purpose="honeypot"),
        say.decided(1, "quiet"),
    )
    issue = (await quality.said(SpecIssueOpened))[0].issue_id

    await quality.hear(say.spec(2, fields=fields, resolves=[issue], relabel="evidence"))

    said = await quality.said()
    assert [(one.issue_id, one.spec_version) for one in resolved(said)] == [(issue, 2)]
    requests = [one for one in said if isinstance(one, EvidenceRelabelRequested)]
    assert [(one.issue_id, one.spec_version) for one in requests] == [(issue, 2)]
    names = ["split", "split again", "whole", "adjudicated", "gap", "two", "mood"]
    assert set(requests[0].item_ids) == {say.id(f"item {name}") for name in names}


@pytest.mark.parametrize("reason", ["bad_data", "not_my_skill", "other"])
async def test_what_is_no_fault_of_the_spec_is_no_evidence_though_it_raises_a_conflict(
    quality: Any, say: Any, reason: str
) -> None:
    issue = await opened(quality, say)
    names = [f"t{n}" for n in range(6)]
    for name in names:
        await quality.hear(
            *(say.skipped(who, name, reason) for who in ("ada", "bob", "cal")),
            say.conflict(name, raised_by="skips", skips=[Skip(reason=reason)] * 3),
            say.adjudicated(name, "ambiguous_data"),
        )

    await quality.hear(say.spec(2, resolves=[issue], relabel="evidence"))

    assert [type(one) for one in await quality.said()] == [SpecIssueResolved]


async def test_a_gap_that_people_skip_is_evidence_and_so_is_how_it_was_settled(
    quality: Any, say: Any
) -> None:
    issue = await opened(quality, say)
    gap = Skip(reason="guideline_does_not_cover")
    for n in range(5):
        await quality.hear(
            say.skipped("ada", f"t{n}", "guideline_does_not_cover"),
            say.conflict(f"t{n}", raised_by="skips", skips=[gap, Skip(reason="bad_data")]),
            say.adjudicated(f"t{n}", "spec_gap"),
        )

    await quality.hear(say.spec(2, resolves=[issue], relabel="evidence"))

    said = await quality.said()
    assert [one.cause for one in said if isinstance(one, SpecIssueDiagnosed)] == ["spec_gap"]
    [asked] = [one for one in said if isinstance(one, EvidenceRelabelRequested)]
    assert set(asked.item_ids) == {say.id(f"item t{n}") for n in range(5)}


async def test_evidence_that_comes_after_the_mending_is_labeled_again_too(
    quality: Any, say: Any
) -> None:
    issue = await opened(quality, say)
    await quality.hear(say.conflict("early"))
    await quality.hear(say.spec(2, resolves=[issue], relabel="evidence"))
    await quality.said()

    await quality.hear(say.conflict("late"), say.conflict("early"))

    requests = await quality.said(EvidenceRelabelRequested)
    assert [one.item_ids for one in requests] == [[say.id("item late")]]


async def test_much_evidence_is_told_in_parts(quality: Any, say: Any) -> None:
    issue = await opened(quality, say)
    await quality.hear(*(say.conflict(f"t{n}") for n in range(IDS_MAX + 1)))

    await quality.hear(say.spec(2, resolves=[issue], relabel="evidence"))

    requests = await quality.said(EvidenceRelabelRequested)
    assert [len(one.item_ids) for one in requests] == [IDS_MAX, 1]
    assert len({item for one in requests for item in one.item_ids}) == IDS_MAX + 1


@pytest.mark.parametrize("relabel", ["none", "touched", "all"])
async def test_evidence_is_labeled_again_only_if_the_owner_says_so(
    quality: Any, say: Any, relabel: str
) -> None:
    issue = await opened(quality, say)
    await quality.hear(say.conflict("t"))

    await quality.hear(say.spec(2, resolves=[issue], relabel=relabel))

    assert [type(one) for one in await quality.said()] == [SpecIssueResolved]


async def test_what_is_not_an_issue_is_not_resolved(quality: Any, say: Any) -> None:
    issue = await opened(quality, say)
    other = type(say)()
    other.project = "q"

    await quality.hear(say.spec(2, resolves=[say.id("nothing")]), other.spec(2, resolves=[issue]))

    assert await quality.said() == []


async def test_an_issue_is_resolved_once(quality: Any, say: Any) -> None:
    issue = await opened(quality, say)

    await quality.hear(say.spec(2, resolves=[issue]), say.spec(3, resolves=[issue]))

    assert [one.spec_version for one in resolved(await quality.said())] == [2]


async def test_an_issue_is_diagnosed_when_enough_adjudicators_name_a_cause(
    quality: Any, say: Any
) -> None:
    issue = await opened(quality, say)
    names = [f"t{n}" for n in range(8)]
    await quality.hear(*(say.conflict(name) for name in names))

    await quality.hear(*(say.adjudicated(name, "slip") for name in names[:2]))
    await quality.hear(*(say.adjudicated(name, "spec_gap") for name in names[2:4]))
    assert await quality.said() == []
    await quality.hear(say.adjudicated(names[4], "spec_gap"))
    await quality.hear(say.adjudicated(names[5], "spec_gap"))

    diagnosed = await quality.said(SpecIssueDiagnosed)
    assert [(one.issue_id, one.cause, one.causes) for one in diagnosed] == [
        (issue, "spec_gap", {"slip": 2, "spec_gap": 3})
    ]


async def test_an_issue_that_opens_after_its_adjudications_is_diagnosed_at_once(
    quality: Any, say: Any
) -> None:
    names = [f"t{n}" for n in range(5)]
    await quality.hear(say.spec(), *(say.conflict(name) for name in names))
    await quality.hear(*(say.adjudicated(name, "perspective") for name in names))

    await quality.hear(say.agreement(0.4))

    assert [one.cause for one in await quality.said(SpecIssueDiagnosed)] == ["perspective"]


async def test_tasks_past_their_time_are_counted_until_they_are_decided(
    quality: Any, say: Any
) -> None:
    early = NOW - timedelta(hours=5)
    await quality.hear(
        say.spec(sla_hours=4),
        say.task("late", at=early),
        say.task("decided", at=early),
        say.task("withdrawn", at=early),
        say.task("trap", at=early, purpose="honeypot"),
        say.task("fresh"),
        say.task("due", due_at=NOW - timedelta(minutes=1)),
        say.decided(1, "decided"),
        TaskWithdrawn(
            occurred_at=NOW, project="p", task_id=say.id("withdrawn"), reason="withdrawn"
        ),
    )

    async with transaction(quality.sessions) as session:
        await watching.measure(session, NOW)

    assert metrics.OVERDUE.labels("p")._value.get() == 2
    assert metrics.OVERDUE.labels("other")._value.get() == 0


async def test_the_gauges_say_what_there_is(quality: Any, say: Any) -> None:
    await quality.hear(*crowd(say, {"never": 0.0}), say.agreement(0.4))
    await quality.hear(say.spec(2, review={"rate": 1.0}), say.decided(1, "t", spec_version=2))

    for schedule in schedules.SCHEDULES:
        await Runner(schedule, quality.sessions).run_once()

    assert metrics.ANNOTATORS.labels("flagged")._value.get() == 1
    assert metrics.ISSUES.labels("open")._value.get() == 1
    assert metrics.ISSUE_AGE._value.get() > 0
    assert metrics.REVIEWS_WAITING._value.get() == 1
