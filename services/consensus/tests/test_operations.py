"""The events and views that follow from annotations, with a real PostgreSQL."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from alembic import command
from consensus_harness import (
    ITEM,
    NOW,
    TASK,
    Consensus,
    adjudication,
    spec,
    standing,
    task,
    vote,
)

from chassis import migrations, testing
from chassis.schedules import Runner
from consensus_service import schedules
from consensus_service.app import create_app
from consensus_service.operations import agreement, annotator_models
from consensus_service.settings import Settings
from schemas.events import (
    AgreementMeasured,
    ConflictRaised,
    HoneypotScored,
    ItemsRestored,
    ItemsWithdrawn,
    LabelDecided,
    RedundancyRaised,
    RelabelRequested,
    ReviewDecided,
    TaskSkipped,
    TaskWithdrawn,
)
from schemas.vocabulary import SkipReason


async def test_votes_that_agree_decide_the_label(consensus: Consensus) -> None:
    await consensus.handle(spec(), task(), vote(1, "good"), vote(2, "good"))

    [decided] = await consensus.published()

    assert isinstance(decided, LabelDecided)
    assert (decided.label, decided.how, decided.decision_no) == ({"mood": "good"}, "unanimous", 1)
    assert len(decided.annotation_ids) == 2


async def test_a_majority_is_never_settled_silently(consensus: Consensus) -> None:
    votes = [vote(1, "good"), vote(2, "good"), vote(3, "bad")]
    await consensus.handle(spec(), task(redundancy=3), *votes)

    [conflict] = await consensus.published()

    assert isinstance(conflict, ConflictRaised)
    assert conflict.scores == {"mood": {"good": pytest.approx(2 / 3), "bad": pytest.approx(1 / 3)}}
    shown = await consensus.get(f"/v1/tasks/{TASK}")
    assert (shown["state"], shown["label"]) == ("contested", None)
    assert len((await consensus.get("/v1/projects/p/conflicts"))["conflicts"]) == 1


async def test_the_share_policy_requests_votes_before_it_raises_a_conflict(
    consensus: Consensus,
) -> None:
    share = {"how": "share", "threshold": 0.7}
    await consensus.handle(spec(decide=share), task(), vote(1, "good"), vote(2, "bad"))
    first = await consensus.published()
    await consensus.handle(vote(3, "good"))
    second = await consensus.published()
    await consensus.handle(vote(4, "good"))
    third = await consensus.published()

    assert [(type(e), e.target) for e in first + second] == [
        (RedundancyRaised, 3),
        (RedundancyRaised, 4),
    ]
    assert [(e.how, e.confidence) for e in third] == [("share", 0.75)]


async def test_an_adjudication_is_binding_and_names_all_annotations(
    consensus: Consensus,
) -> None:
    await consensus.handle(spec(), task(), vote(1, "good"), vote(2, "bad"), adjudication())

    decided = (await consensus.published())[-1]

    assert (decided.how, decided.label) == ("adjudicated", {"mood": "bad"})
    assert UUID(int=77) in decided.annotation_ids
    assert len(decided.annotation_ids) == 3


async def precedents(consensus: Consensus, n: int) -> list[dict[str, Any]]:
    path = f"/v1/tasks/{UUID(int=n)}/precedents"
    return list((await consensus.get(path))["precedents"])


async def test_an_adjudication_is_a_precedent_of_conflicts_between_the_same_answers(
    consensus: Consensus,
) -> None:
    await consensus.handle(spec(), task(1), vote(1, "good"), vote(2, "bad"))
    before = await precedents(consensus, 1)
    ruled = adjudication().model_copy(update={"rules": ["R1"]})
    await consensus.handle(ruled, task(2), vote(1, "bad", 2), vote(2, "good", 2))

    [found] = await precedents(consensus, 2)

    assert before == await precedents(consensus, 1) == []
    assert found == {
        "task_id": str(TASK),
        "spec_version": 1,
        "fields": ["mood"],
        "distribution": {"mood": {"good": 0.5, "bad": 0.5}},
        "label": {"mood": "bad"},
        "rationale": "the text says so",
        "cause": "slip",
        "rules": ["R1"],
        "decided_at": NOW.isoformat().replace("+00:00", "Z"),
    }


@pytest.mark.parametrize("verdict", ["fix", "reject"])
async def test_an_adjudication_that_a_reviewer_overruled_is_no_precedent(
    consensus: Consensus, verdict: Any
) -> None:
    await consensus.handle(spec(), task(1), vote(1, "good"), vote(2, "bad"), adjudication())
    await consensus.handle(task(2), vote(1, "bad", 2), vote(2, "good", 2))
    before = await precedents(consensus, 2)
    await consensus.handle(
        ReviewDecided(
            occurred_at=NOW,
            project="p",
            task_id=TASK,
            item_id=ITEM,
            spec_version=1,
            reviewer="e" * 32,
            review_id=UUID(int=5),
            verdict=verdict,
            label={"mood": "odd"} if verdict == "fix" else None,
        )
    )

    assert (len(before), await precedents(consensus, 2)) == (1, [])


async def test_precedents_of_another_project_do_not_exist(consensus: Consensus) -> None:
    await consensus.handle(spec(), task(1), vote(1, "good"), vote(2, "bad"))
    answer = await consensus.http.get(
        f"/v1/tasks/{TASK}/precedents",
        headers=consensus.tokens.bearer("cyd", "adjudicator", projects=("other",)),
    )

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:unknown-task")


async def test_the_votes_of_a_suspended_annotator_are_replaced(consensus: Consensus) -> None:
    await consensus.handle(spec(), task(), vote(1, "good"), standing(1, "suspended"))

    [raised] = await consensus.published()
    await consensus.handle(vote(2, "bad"), vote(3, "bad"))
    [decided] = await consensus.published()

    assert (type(raised), raised.target) == (RedundancyRaised, 3)
    assert decided.label == {"mood": "bad"}


def skip(annotator: int, reason: Any = "other", n: int = 1, **more: Any) -> TaskSkipped:
    facts: dict[str, Any] = {
        "task_id": UUID(int=n),
        "item_id": UUID(int=1000 + n),
        "spec_version": 1,
        "purpose": "work",
        "stage": "annotate",
        "annotator": f"{annotator:032x}",
        "reason": reason,
    }
    return TaskSkipped(occurred_at=NOW, project="p", **{**facts, **more})


def both(*moods: str) -> dict[str, Any]:
    return {"reason": "two_labels_fit", "labels": [{"mood": mood} for mood in moods]}


@pytest.mark.parametrize("reason", get_args(SkipReason))
async def test_skips_raise_one_conflict_when_they_reach_the_bound(
    consensus: Consensus, reason: str
) -> None:
    await consensus.handle(spec(skips_max=3), task())
    found = []
    for annotator in range(1, 7):
        await consensus.handle(skip(annotator, reason))
        found.append(await consensus.published())

    [conflict] = found[2]

    assert [len(events) for events in found] == [0, 0, 1, 0, 0, 0]
    assert isinstance(conflict, ConflictRaised)
    assert (conflict.raised_by, conflict.fields, conflict.scores) == ("skips", ["mood"], {})
    assert [skip.reason for skip in conflict.skips] == [reason] * 3
    assert conflict.reason.startswith("It was skipped by 3 annotators: 3 say that ")
    assert (await consensus.get(f"/v1/tasks/{TASK}"))["state"] == "contested"


async def test_the_bound_counts_annotators_and_all_reasons_alike(consensus: Consensus) -> None:
    await consensus.handle(spec(skips_max=3), task())
    await consensus.handle(skip(1, "other", note="first"), skip(1, "bad_data", note="then"))
    await consensus.handle(skip(2, "not_my_skill"), skip(2, "not_my_skill"))
    before = await consensus.published()
    await consensus.handle(skip(3, **both("good", "bad")))

    [conflict] = await consensus.published()

    assert before == []
    assert [(skip.reason, skip.note) for skip in conflict.skips] == [
        ("bad_data", "then"),
        ("not_my_skill", None),
        ("two_labels_fit", None),
    ]


@pytest.mark.parametrize("more", [{"purpose": "honeypot"}, {"stage": "adjudicate"}])
async def test_skips_of_honeypots_and_of_other_stages_do_not_count(
    consensus: Consensus, more: dict[str, Any]
) -> None:
    await consensus.handle(spec(skips_max=1), task(purpose=more.get("purpose", "work")))

    await consensus.handle(*(skip(annotator, **more) for annotator in range(5)))

    assert await consensus.published() == []
    assert (await consensus.get(f"/v1/tasks/{TASK}"))["skips"] == 0


async def test_a_conflict_from_skips_names_the_labels_that_fit_both(
    consensus: Consensus,
) -> None:
    await consensus.handle(spec(skips_max=4), task(), vote(9, "odd"))
    await consensus.handle(
        skip(1, **both("good", "bad"), note="irony"),
        skip(2, **both("bad", "good")),
        skip(3, **both("good", "odd")),
        skip(4, "bad_data"),
    )

    [conflict] = await consensus.published()

    assert conflict.reason == (
        "It was skipped by 4 annotators: 3 say that two labels fit (mood: bad or good; 1 more),"
        " 1 says that the data is bad."
    )
    assert conflict.skips[0].labels == [{"mood": "good"}, {"mood": "bad"}]
    assert conflict.scores == {"mood": {"odd": 1.0}}
    shown = await consensus.get(f"/v1/tasks/{TASK}")
    assert shown["why"] == conflict.reason
    assert shown["skips"] == 4
    assert shown["skip_reasons"] == {"two_labels_fit": 3, "bad_data": 1}
    assert shown["skip_pairs"] == [
        {"labels": [{"mood": "bad"}, {"mood": "good"}], "count": 2},
        {"labels": [{"mood": "good"}, {"mood": "odd"}], "count": 1},
    ]
    assert shown["skip_notes"] == ["irony"]
    assert not any(f"{annotator:032x}" in str(shown) for annotator in range(1, 5))


async def test_a_conflict_of_votes_carries_the_skips_of_its_task(
    consensus: Consensus,
) -> None:
    await consensus.handle(spec(), task(), skip(3, "guideline_does_not_cover", note="slang"))
    await consensus.handle(vote(1, "good"), vote(2, "bad"))

    [conflict] = await consensus.published()

    assert (conflict.raised_by, conflict.reason) == ("votes", "mood: 1 of 2 agree, all must.")
    assert [(skip.reason, skip.note) for skip in conflict.skips] == [
        ("guideline_does_not_cover", "slang")
    ]


async def test_skips_that_were_stored_without_their_annotator_count(
    fresh_database: Any, tokens: testing.Tokens
) -> None:
    url = fresh_database()
    await asyncio.to_thread(command.upgrade, migrations.config("consensus_service", url), "0001")
    app = create_app(testing.settings(Settings, tokens, url))
    async with testing.serving(app) as http:
        service = Consensus(app, http, tokens)
        async with service.database.transaction() as transaction:
            add = "INSERT INTO skips (event_id, task_id, reason) VALUES ($1, $2, 'other')"
            await (await transaction.connection()).executemany(
                add, [(UUID(int=n), TASK) for n in (5, 6)]
            )
        await asyncio.to_thread(migrations.upgrade, "consensus_service", url)

        await service.handle(spec(skips_max=3), task(), skip(1))

        assert [len(event.skips) for event in await service.published()] == [3]


async def test_a_review_that_fixes_supersedes_and_one_that_rejects_contests(
    consensus: Consensus,
) -> None:
    facts = {"occurred_at": NOW, "project": "p", "task_id": TASK, "item_id": ITEM}
    review = {"spec_version": 1, "reviewer": "e" * 32}
    await consensus.handle(spec(), task(), vote(1, "good"), vote(2, "good"))
    await consensus.handle(
        ReviewDecided(
            **facts, **review, review_id=UUID(int=5), verdict="fix", label={"mood": "odd"}
        )
    )
    await consensus.handle(
        ReviewDecided(**facts, **review, review_id=UUID(int=6), verdict="reject")
    )

    found = await consensus.published()

    assert [type(event) for event in found] == [LabelDecided, LabelDecided, ConflictRaised]
    assert (found[1].how, found[1].supersedes, found[1].label) == ("review", 1, {"mood": "odd"})


async def test_a_honeypot_decides_nothing(consensus: Consensus) -> None:
    await consensus.handle(spec(), task(purpose="honeypot"))
    await consensus.handle(vote(1, "good", purpose="honeypot"), vote(2, "good", purpose="honeypot"))

    assert await consensus.published() == []


async def test_a_withdrawn_task_is_not_decided(consensus: Consensus) -> None:
    withdrawn = TaskWithdrawn(occurred_at=NOW, project="p", task_id=TASK, reason="superseded")
    await consensus.handle(spec(), task(), vote(1, "good"), withdrawn, vote(2, "good"))

    assert await consensus.published() == []


@pytest.mark.parametrize("seed", range(12))
async def test_topics_interleaved_in_any_way_end_the_same(consensus: Consensus, seed: int) -> None:
    topics: list[list[Any]] = [
        [spec()],
        [task(1), task(2)],
        [vote(1, "good"), vote(2, "bad"), adjudication(), vote(1, "odd", 2), vote(2, "odd", 2)],
    ]
    chance = random.Random(seed)
    while any(topics):
        topic = chance.choice([topic for topic in topics if topic])
        await consensus.handle(topic.pop(0))

    decided = [event for event in await consensus.published() if isinstance(event, LabelDecided)]

    assert {(str(e.task_id), e.how, e.label["mood"]) for e in decided} == {
        (str(TASK), "adjudicated", "bad"),
        (str(UUID(int=2)), "unanimous", "odd"),
    }


@pytest.mark.parametrize("seed", range(8))
async def test_votes_in_one_batch_have_the_effect_of_votes_one_by_one(
    consensus: Consensus, seed: int
) -> None:
    chance = random.Random(seed)
    annotations = [
        (annotator, chance.choice(["good", "bad"]), n)
        for annotator in range(1, 5)
        for n in range(1, 7)
    ]
    chance.shuffle(annotations)
    apart = 100  # The second half of the tasks gets the same votes, in one batch.
    policy = {"reopen_on_late_vote": True, "decide": {"how": "share", "threshold": 0.6}}
    numbers = [n + more for more in (0, apart) for n in range(1, 7)]
    await consensus.handle(spec(**policy), *(task(n) for n in numbers))
    for annotation in annotations:
        await consensus.handle(vote(*annotation))
    await consensus.handle(
        *(vote(annotator, mood, n + apart) for annotator, mood, n in annotations)
    )

    def effects(numbers: range) -> Any:
        return [
            [_effect(event) for event in found if event.task_id == UUID(int=n)] for n in numbers
        ]

    found = await consensus.published()
    assert effects(range(1, 7)) == effects(range(1 + apart, 7 + apart))
    decided = [event.decision_no for event in found if isinstance(event, LabelDecided)]
    conflicts = [event.decision_no for event in found if isinstance(event, ConflictRaised)]
    assert sorted(decided + conflicts) == list(range(1, len(decided + conflicts) + 1))


def _effect(event: Any) -> Any:
    """Return the content of an event without ids and decision numbers."""
    facts = event.model_dump(include={"label", "how", "why", "target", "reason", "distribution"})
    return type(event).__name__, facts


async def test_repeated_events_change_nothing(consensus: Consensus) -> None:
    repeated = [spec(), task(), vote(1, "good"), vote(2, "good")]
    await consensus.handle(*repeated)
    await consensus.handle(*repeated)
    await consensus.forget_inbox()
    await consensus.handle(*repeated)

    assert len(await consensus.published()) == 1


async def test_labels_that_a_new_version_refuses_are_requested_again(consensus: Consensus) -> None:
    narrower = [{"name": "mood", "kind": "choice", "options": ["good", "odd"]}]
    await consensus.handle(spec(), task(1), task(2))
    await consensus.handle(vote(1, "good"), vote(2, "good"), vote(1, "bad", 2), vote(2, "bad", 2))
    await consensus.published()

    await consensus.handle(spec(2, relabel="touched", fields=narrower))

    [requested] = await consensus.published()
    assert isinstance(requested, RelabelRequested)
    assert requested.item_ids == [UUID(int=1002)]


async def test_agreement_is_measured_published_and_served(consensus: Consensus) -> None:
    await consensus.handle(spec(), *(task(n) for n in range(1, 31)))
    for n in range(1, 31):
        other = "good" if n % 3 else "bad"
        await consensus.handle(vote(1, "good" if n % 2 else "bad", n), vote(2, other, n))
    await consensus.published()

    async with consensus.database.transaction() as transaction:
        await agreement.measure_agreement(transaction, "p", NOW)
    [measured] = await consensus.published()
    async with consensus.database.transaction() as transaction:
        await agreement.measure_agreement(transaction, "p", NOW)

    assert isinstance(measured, AgreementMeasured)
    assert measured.low < measured.value < measured.high
    assert (measured.n_items, measured.n_annotators) == (30, 2)
    assert await consensus.published() == []
    shown = await consensus.get("/v1/projects/p/agreement?by=label")
    assert shown["agreement"][0]["measured"]["value"] == measured.value
    assert set(shown["agreement"][0]["by"]) == {"good", "bad"}


async def test_agreement_is_measured_without_items_that_are_withdrawn(consensus: Consensus) -> None:
    await consensus.handle(spec(), *(task(n) for n in range(1, 31)))
    for n in range(1, 31):
        mood = "good" if n % 2 else "bad"
        await consensus.handle(vote(1, mood, n), vote(2, mood if n > 10 else "odd", n))
    ids = [UUID(int=1000 + n) for n in range(1, 11)]
    head: dict[str, Any] = {"occurred_at": NOW, "project": "p", "item_ids": ids}
    await consensus.handle(
        ItemsRestored(**head, number=2), ItemsWithdrawn(**head, number=1, reason="late")
    )
    await consensus.handle(ItemsWithdrawn(**head, number=3, reason="sent twice"))
    await consensus.published()

    async with consensus.database.transaction() as transaction:
        await agreement.measure_agreement(transaction, "p", NOW)
    [measured] = await consensus.published()

    assert isinstance(measured, AgreementMeasured)
    assert (measured.n_items, measured.value) == (20, 1.0)


async def test_annotators_do_not_see_the_votes_of_others(consensus: Consensus) -> None:
    await consensus.handle(spec(), task())

    refused = await consensus.http.get(
        f"/v1/tasks/{TASK}", headers=consensus.tokens.bearer("ada", "annotator")
    )

    assert refused.status_code == 403


def scored(annotator: int, n: int, gold: str, answer: str) -> HoneypotScored:
    return HoneypotScored(
        occurred_at=NOW,
        project="p",
        annotator=f"{annotator:032x}",
        annotation_id=UUID(int=500_000 + 1000 * annotator + n),
        task_id=UUID(int=90_000 + n),
        field="mood",
        given=answer,
        expected=gold,
        correct=answer == gold,
    )


async def test_honeypots_and_votes_inform_the_posterior_and_its_refresh_changes_no_label(
    consensus: Consensus,
) -> None:
    sure = {"how": "posterior", "threshold": 0.85}
    await consensus.handle(spec(decide=sure, votes_floor=2), task(1), task(2, redundancy_max=2))
    moods = ("good", "bad", "odd")
    await consensus.handle(*(scored(1, n, moods[n % 3], moods[n % 3]) for n in range(30)))
    await consensus.handle(*(scored(2, n, moods[n % 3], "good") for n in range(30)))

    await consensus.handle(vote(1, "bad"), vote(2, "good"))
    [decided] = await consensus.published()
    async with consensus.database.transaction() as transaction:
        await annotator_models.refresh_models(transaction, "p")
    await consensus.handle(vote(1, "odd", 2), vote(2, "good", 2))
    [again] = await consensus.published()

    assert (decided.how, decided.label) == ("posterior", {"mood": "bad"})
    assert again.label == {"mood": "odd"}
    shown = await consensus.get(f"/v1/tasks/{TASK}")
    assert shown["label"] == {"mood": "bad"}
    assert "probability" in shown["why"]


async def test_slices_windows_and_votes_with_prelabel_have_figures_of_their_own(
    consensus: Consensus,
) -> None:
    policy = {"agreement": {"slices": ["lang"]}}
    langs = {n: "de" if n % 2 else "fr" for n in range(1, 41)}
    await consensus.handle(
        spec(**policy), *(task(n, metadata={"lang": langs[n]}) for n in range(1, 41))
    )
    for n in range(1, 41):
        mood = ("good", "bad")[n % 4 // 2]
        other = mood if langs[n] == "de" else ("good", "bad")[n % 3 // 2]
        shown = {"prelabel": "shown"} if n > 30 else {}
        later = datetime(2026, 2, 1, tzinfo=UTC) if n > 20 else NOW
        for annotator, answer in ((1, mood), (2, other)):
            await consensus.handle(vote(annotator, answer, n, submitted_at=later, **shown))
    async with consensus.database.transaction() as transaction:
        await agreement.measure_agreement(transaction, "p", NOW)

    measured = [e for e in await consensus.published() if isinstance(e, AgreementMeasured)]
    figures = {(e.sample, e.slice.get("lang")): e for e in measured}
    assert set(figures) == {
        ("random_overlap", None),
        ("random_overlap", "de"),
        ("random_overlap", "fr"),
        ("prelabel_shown", None),
    }
    assert figures["random_overlap", "de"].value == 1.0
    assert figures["random_overlap", "fr"].value < 0.5
    assert figures["random_overlap", None].n_items == 30
    assert figures["prelabel_shown", None].n_items == 10

    path = "/v1/projects/p/agreement?by=metadata.lang&until=2026-01-15T00:00:00Z"
    [shown_view, whole] = sorted(
        (await consensus.get(path))["agreement"], key=lambda view: str(view["sample"])
    )
    assert whole["measured"]["n_items"] == 20
    assert set(whole["by"]) == {"de", "fr"}
    assert shown_view["measured"]["value"] is None
    assert shown_view["measured"]["reason"]


async def test_answers_of_structure_agree_by_the_distance_of_their_kind(
    consensus: Consensus,
) -> None:
    """Sets that share most of their members agree in part; taken as equal or not, they never do."""
    tags = [{"name": "tags", "kind": "choices", "options": list("abcdefgh")}]
    await consensus.handle(spec(fields=tags), *(task(n) for n in range(1, 21)))
    for n in range(1, 21):
        own = ["a", "b", "c"] if n % 2 else ["e", "f", "g"]
        for annotator, last in ((1, "d"), (2, "h")):
            label = {"tags": [*own, last]}
            await consensus.handle(vote(annotator, "", n, label=label))
    await consensus.published()

    async with consensus.database.transaction() as transaction:
        await agreement.measure_agreement(transaction, "p", NOW)

    [measured] = [e for e in await consensus.published() if isinstance(e, AgreementMeasured)]
    assert measured.metric == "krippendorff_alpha_distance"
    assert 0.1 < measured.value < 0.9
    assert measured.raw == 0.0


@pytest.mark.parametrize("moment", ["here", "0001-01-01T00:00+14:00"])
async def test_a_malformed_cursor_is_refused(consensus: Consensus, moment: str) -> None:
    await consensus.handle(spec())

    answer = await consensus.http.get(
        "/v1/projects/p/conflicts",
        params={"after": f"{moment}~{TASK}"},
        headers=consensus.tokens.bearer("lead", "spec_owner"),
    )

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:problem:bad-cursor"


async def test_a_project_that_cannot_be_measured_does_not_stop_another(
    consensus: Consensus, monkeypatch: pytest.MonkeyPatch
) -> None:
    await consensus.handle(spec(), task(), vote(1, "good"), vote(2, "bad"))
    other = (spec(), task(2), vote(1, "good", 2), vote(2, "bad", 2))
    await consensus.handle(*(_in_project("q", event) for event in other))
    await consensus.published()
    measure = agreement._measure_all

    def broken(spec_: Any, sample: Any) -> Any:
        if sample[0].task_id == task(1).task_id:
            raise ValueError("tuple.index(x): x not in tuple")
        return measure(spec_, sample)

    monkeypatch.setattr(agreement, "_measure_all", broken)
    await Runner(schedules.SCHEDULES[0], consensus.database).run_once()

    measured = [
        event for event in await consensus.published() if isinstance(event, AgreementMeasured)
    ]
    assert {event.project for event in measured} == {"q"}


async def test_two_replicas_measure_a_project_once(consensus: Consensus) -> None:
    await consensus.handle(spec(), task(), vote(1, "good"), vote(2, "bad"))
    await consensus.published()

    replicas = [Runner(schedules.SCHEDULES[0], consensus.database) for _ in range(3)]
    await asyncio.gather(*(replica.run_once() for replica in replicas))

    measured = [
        event for event in await consensus.published() if isinstance(event, AgreementMeasured)
    ]
    assert len(measured) == 1


async def test_a_metric_that_the_field_cannot_have_is_replaced_by_that_of_its_kind(
    consensus: Consensus,
) -> None:
    await consensus.handle(
        spec(agreement={"metric": "ordinal"}), task(), vote(1, "good"), vote(2, "bad")
    )
    await consensus.published()

    async with consensus.database.transaction() as transaction:
        await agreement.measure_agreement(transaction, "p", NOW)

    [measured] = await consensus.published()
    assert measured.metric == "krippendorff_alpha_nominal"


def _in_project(project: str, event: Any) -> Any:
    facts = event.model_dump(exclude={"event_id"})
    return type(event).model_validate({**facts, "project": project}, strict=False)
