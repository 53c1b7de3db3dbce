"""Events in any order and any number of times lead to the same state."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from quality_service.domain.issues import issue_id
from quality_service.events import SUBSCRIPTIONS
from schemas.envelope import Envelope, Event
from schemas.events import (
    EVENTS,
    AnnotatorStandingChanged,
    EvidenceRelabelRequested,
    HoneypotScored,
    ItemsRestored,
    ItemsWithdrawn,
    LeaseExpired,
    ReviewDecided,
    ReviewRequested,
    SpecIssueDiagnosed,
    SpecIssueOpened,
    SpecIssueResolved,
    TaskWithdrawn,
)
from schemas.vocabulary import Skip

HONEYPOTS = 20
TASKS = [f"t{n}" for n in range(6)]


def history(make: Any) -> list[Event]:
    """Return events of every kind that quality handles, in the order in which they happened."""
    events = [*honeypots(make), *work(make), *resolving(make), *other_matters(make)]
    return [_as_read(event) for event in events]


def honeypots(make: Any) -> list[Event]:
    return [
        make.spec(review={"rate": 0.5}, sla_hours=4),
        *(make.gold(f"h{n}", "good" if n % 2 else "bad") for n in range(HONEYPOTS)),
        *(
            make.honeypot(who, f"h{n}", "good" if (n % 2 > 0) == right else "bad", minute=n)
            for who, right in (("ada", True), ("bob", False))
            for n in range(HONEYPOTS)
        ),
        make.honeypot("cal", "h0", "good"),
        make.gold("h1", "bad"),
    ]


def work(make: Any) -> list[Event]:
    suggested = {"model": "m", "value": {"mood": "good"}, "score": 0.7}
    return [
        *(make.task(name) for name in TASKS),
        *(make.answer(who, name) for who in ("ada", "bob") for name in TASKS),
        make.answer("cal", "t0", prelabel="shown", prelabel_given=suggested),
        make.corrected("cal", "t0", "bad", minute=3),
        make.corrected("ada", "h0", "good", minute=3, purpose="honeypot"),
        make.skipped("cal", "t1", "two_labels_fit"),
        make.skipped("dot", "t7", "two_labels_fit", labels=[{"mood": "good"}, {"mood": "bad"}]),
        make.skipped("dot", "t8", "bad_data"),
        make.conflict("t8", raised_by="skips", skips=[Skip(reason="bad_data")]),
        *(make.conflict(name) for name in TASKS),
        make.conflict("t0", fields=["other"]),
        *(make.adjudicated(name, "slip" if name < "t2" else "spec_gap") for name in TASKS),
        *(make.decided(n, name, "ada", "bob") for n, name in enumerate(TASKS, 1)),
    ]


def resolving(make: Any) -> list[Event]:
    issue = issue_id("p", 1, "mood")
    return [
        make.agreement(0.4),
        make.agreement(0.9),
        make.spec(2, resolves=[issue, make.id("no issue")], relabel="evidence"),
        make.spec(3, resolves=[issue], relabel="none"),
        make.conflict("t9"),
        make.agreement(0.8, spec_version=2),
    ]


def other_matters(make: Any) -> list[Event]:
    head = {"occurred_at": make.now, "project": "p"}
    return [
        TaskWithdrawn(**head, task_id=make.id("t5"), reason="withdrawn"),
        ItemsWithdrawn(**head, item_ids=[make.id("item t4")], reason="sent twice", number=1),
        ItemsRestored(**head, item_ids=[make.id("item t4")], number=2),
        LeaseExpired(
            **head,
            lease_id=make.id("lease"),
            task_id=make.id("t4"),
            stage="annotate",
            annotator=make.pseudonym("cal"),
            leased_at=make.now,
        ),
        ReviewDecided(
            **head,
            review_id=make.id("review"),
            task_id=make.id("t4"),
            item_id=make.id("item t4"),
            spec_version=1,
            reviewer=make.pseudonym("judge"),
            verdict="accept",
        ),
    ]


def _as_read(event: Event) -> Event:
    """Return the event as it is read from Kafka."""
    envelope = Envelope.read(event.to_wire("test"))
    return envelope.event(EVENTS[envelope.kind])


def lanes_of(events: list[Event]) -> list[list[Event]]:
    """Group the events by topic and key: order is kept only within a group."""
    lanes: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        lanes[event.topic.name, event.key].append(event)
    return list(lanes.values())


def outcome(events: list[Event]) -> dict[str, Any]:
    """Return the state that a subscriber to all published events ends in."""
    known: dict[str, Any] = defaultdict(dict)
    relabeled: set[tuple[UUID, int, UUID]] = set()
    open_issue: list[Any] = []
    for event in events:
        match event:
            case HoneypotScored():
                known["scores"][event.annotation_id, event.field] = (event.given, event.correct)
            case AnnotatorStandingChanged():
                known["standings"][event.annotator] = event.standing
            case SpecIssueDiagnosed():
                known["causes"][event.issue_id] = event.cause
            case EvidenceRelabelRequested():
                for item in event.item_ids:
                    key = (event.issue_id, event.spec_version, item)
                    assert key not in relabeled, "an item was asked for twice"
                    relabeled.add(key)
            case SpecIssueOpened() | SpecIssueResolved() | ReviewRequested():
                facts = event.model_dump(exclude={"event_id", "occurred_at"}, mode="json")
                open_issue.append((type(event).__name__, sorted(facts.items(), key=repr)))
    return {**known, "relabeled": relabeled, "once": sorted(open_issue, key=repr)}


async def deliver_all(quality: Any, batches: list[list[Event]]) -> tuple[Any, Any]:
    await quality.clear()
    for batch in batches:
        await quality.deliver(*batch)
    return await quality.stored(), outcome(await quality.published())


async def test_the_history_has_every_kind_of_outcome(quality: Any, make: Any) -> None:
    stored, ended = await deliver_all(quality, [[event] for event in history(make)])

    assert stored["parked"] == []
    assert {entry[0] for entry in ended["once"]} == {
        "SpecIssueOpened",
        "SpecIssueResolved",
        "ReviewRequested",
    }
    assert ended["standings"] == {make.pseudonym("ada"): "good", make.pseudonym("bob"): "flagged"}
    assert list(ended["causes"].values()) == ["spec_gap"]
    assert len(ended["scores"]) == 2 * HONEYPOTS + 1
    assert {item for _, _, item in ended["relabeled"]} == {
        make.id(f"item {name}") for name in ["t0", "t1", "t2", "t3", "t4", "t5", "t7", "t9"]
    }
    assert {kind.kind for kind in SUBSCRIPTIONS} == {type(event) for event in history(make)}


@settings(
    max_examples=20,
    # An order is a seed: there is nothing to shrink.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(chance=st.randoms(use_true_random=False))
async def test_topics_may_interleave_as_they_like(quality: Any, make: Any, chance: Any) -> None:
    events = history(make)
    lanes, batches = lanes_of(events), []
    while lanes:
        batch = []
        for _ in range(chance.choice([1, 1, 2, 5, 20])):
            if lanes:
                lane = chance.choice(lanes)
                batch.append(lane.pop(0))
                lanes = [entry for entry in lanes if entry]
        batches.append(batch)

    found = await deliver_all(quality, batches)

    # The original order keeps the order within each lane too.
    assert found == await deliver_all(quality, [events[:40], events[40:]])


async def test_replaying_every_topic_twice_changes_nothing(quality: Any, make: Any) -> None:
    events = history(make)
    stored, _ = await deliver_all(quality, [[event] for event in events])

    await quality.deliver(*events)
    await quality.deliver(*events)

    assert await quality.published() == []
    assert await quality.stored() == stored


async def test_a_replay_without_an_inbox_ends_in_the_same_state(quality: Any, make: Any) -> None:
    events = history(make)
    stored, before = await deliver_all(quality, [[event] for event in events])

    await quality.clear_inbox()
    await quality.deliver(*events)

    published = outcome(await quality.published())
    assert await quality.stored() == stored
    assert published["once"] == []
    assert published["relabeled"] == set()
    # Corrected gold is scored by the old and the new value again; the last score is the same.
    assert published.get("scores", {}).items() <= before["scores"].items()
    assert published.get("standings", {}).items() <= before["standings"].items()
