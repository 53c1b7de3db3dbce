"""Events in any order and any number of times: the end is the same."""

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


def story(say: Any) -> list[Event]:
    """All that can happen in a project, in the order in which it happened."""
    events = [*honeypots(say), *work(say), *mending(say), *other_matters(say)]
    return [_as_read(event) for event in events]


def honeypots(say: Any) -> list[Event]:
    return [
        say.spec(review={"rate": 0.5}, sla_hours=4),
        *(say.gold(f"h{n}", "good" if n % 2 else "bad") for n in range(HONEYPOTS)),
        *(
            say.honeypot(who, f"h{n}", "good" if (n % 2 > 0) == right else "bad", minute=n)
            for who, right in (("ada", True), ("bob", False))
            for n in range(HONEYPOTS)
        ),
        say.honeypot("cal", "h0", "good"),
        say.gold("h1", "bad"),
    ]


def work(say: Any) -> list[Event]:
    suggested = {"model": "m", "value": {"mood": "good"}, "score": 0.7}
    return [
        *(say.task(name) for name in TASKS),
        *(say.answer(who, name) for who in ("ada", "bob") for name in TASKS),
        say.answer("cal", "t0", prelabel="shown", prelabel_given=suggested),
        say.skipped("cal", "t1", "two_labels_fit"),
        say.skipped("dot", "t7", "two_labels_fit", labels=[{"mood": "good"}, {"mood": "bad"}]),
        say.skipped("dot", "t8", "bad_data"),
        say.conflict("t8", raised_by="skips", skips=[Skip(reason="bad_data")]),
        *(say.conflict(name) for name in TASKS),
        say.conflict("t0", fields=["other"]),
        *(say.adjudicated(name, "slip" if name < "t2" else "spec_gap") for name in TASKS),
        *(say.decided(n, name, "ada", "bob") for n, name in enumerate(TASKS, 1)),
    ]


def mending(say: Any) -> list[Event]:
    issue = issue_id("p", 1, "mood")
    return [
        say.agreement(0.4),
        say.agreement(0.9),
        say.spec(2, resolves=[issue, say.id("no issue")], relabel="evidence"),
        say.spec(3, resolves=[issue], relabel="none"),
        say.conflict("t9"),
        say.agreement(0.8, spec_version=2),
    ]


def other_matters(say: Any) -> list[Event]:
    head = {"occurred_at": say.now, "project": "p"}
    return [
        TaskWithdrawn(**head, task_id=say.id("t5"), reason="withdrawn"),
        LeaseExpired(
            **head,
            lease_id=say.id("lease"),
            task_id=say.id("t4"),
            stage="annotate",
            annotator=say.who("cal"),
            leased_at=say.now,
        ),
        ReviewDecided(
            **head,
            review_id=say.id("review"),
            task_id=say.id("t4"),
            item_id=say.id("item t4"),
            spec_version=1,
            reviewer=say.who("judge"),
            verdict="accept",
        ),
    ]


def _as_read(event: Event) -> Event:
    """The event as it comes out of Kafka."""
    envelope = Envelope.read(event.to_wire("test"))
    return envelope.event(EVENTS[envelope.kind])


def lanes_of(events: list[Event]) -> list[list[Event]]:
    """The events by topic and key: within one the order holds, across them none does."""
    lanes: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        lanes[event.topic.name, event.key].append(event)
    return list(lanes.values())


def ends(said: list[Event]) -> dict[str, Any]:
    """What whoever hears it all knows in the end."""
    known: dict[str, Any] = defaultdict(dict)
    relabeled: set[tuple[UUID, int, UUID]] = set()
    opened: list[Any] = []
    for event in said:
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
                opened.append((type(event).__name__, sorted(facts.items(), key=repr)))
    return {**known, "relabeled": relabeled, "once": sorted(opened, key=repr)}


async def end_of(quality: Any, batches: list[list[Event]]) -> tuple[Any, Any]:
    await quality.clear()
    for batch in batches:
        await quality.hear(*batch)
    return await quality.stored(), ends(await quality.said())


async def test_the_story_has_every_kind_of_end(quality: Any, say: Any) -> None:
    stored, ended = await end_of(quality, [[event] for event in story(say)])

    assert stored["parked"] == []
    assert {one[0] for one in ended["once"]} == {
        "SpecIssueOpened",
        "SpecIssueResolved",
        "ReviewRequested",
    }
    assert ended["standings"] == {say.who("ada"): "good", say.who("bob"): "flagged"}
    assert list(ended["causes"].values()) == ["spec_gap"]
    assert len(ended["scores"]) == 2 * HONEYPOTS + 1
    assert {item for _, _, item in ended["relabeled"]} == {
        say.id(f"item {name}") for name in ["t0", "t1", "t2", "t3", "t4", "t5", "t7", "t9"]
    }
    assert {kind.kind for kind in SUBSCRIPTIONS} == {type(event) for event in story(say)}


@settings(
    max_examples=20,
    # An order is a seed: there is nothing to shrink.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(chance=st.randoms(use_true_random=False))
async def test_topics_may_interleave_as_they_like(quality: Any, say: Any, chance: Any) -> None:
    events = story(say)
    lanes, batches = lanes_of(events), []
    while lanes:
        batch = []
        for _ in range(chance.choice([1, 1, 2, 5, 20])):
            if lanes:
                lane = chance.choice(lanes)
                batch.append(lane.pop(0))
                lanes = [one for one in lanes if one]
        batches.append(batch)

    found = await end_of(quality, batches)

    # The story as it happened keeps its lanes too.
    assert found == await end_of(quality, [events[:40], events[40:]])


async def test_replaying_every_topic_twice_changes_nothing(quality: Any, say: Any) -> None:
    events = story(say)
    stored, _ = await end_of(quality, [[event] for event in events])

    await quality.hear(*events)
    await quality.hear(*events)

    assert await quality.said() == []
    assert await quality.stored() == stored


async def test_a_replay_without_an_inbox_ends_in_the_same_state(quality: Any, say: Any) -> None:
    events = story(say)
    stored, before = await end_of(quality, [[event] for event in events])

    await quality.forget_deliveries()
    await quality.hear(*events)

    said = ends(await quality.said())
    assert await quality.stored() == stored
    assert said["once"] == []
    assert said["relabeled"] == set()
    # Gold that was corrected is seen wrong and right once more; the last word is the same.
    assert said.get("scores", {}).items() <= before["scores"].items()
    assert said.get("standings", {}).items() <= before["standings"].items()
