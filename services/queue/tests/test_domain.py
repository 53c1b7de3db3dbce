"""The rules of the queue, for every task, annotator and lease that can exist. No database."""

import hashlib
import hmac
from contextlib import nullcontext
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queue_service.domain import choice, leases, refusals
from queue_service.domain.choice import (
    NOBODY,
    Ask,
    Candidate,
    Draw,
    HoneypotWish,
    Horizon,
    Horizons,
    Look,
    Offer,
    Person,
    Shard,
    There,
    deal,
    full,
    hindrance,
    need,
    reach,
)
from queue_service.domain.leases import Held, Holder, Work, Worker
from schemas.vocabulary import Honeypots, Policy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = b"a key"
HUMAN, MODEL = Worker("ada", "human"), Worker("gpt", "model")
SKILLS = ("french", "german", "care")
PROJECTS = ("p", "q")
INT8_MAX = 2**63 - 1

shards = st.builds(
    Shard,
    shard=st.integers(1, 9),
    project=st.sampled_from(PROJECTS),
    stage=st.sampled_from(["annotate", "review", "adjudicate"]),
    task_type=st.sampled_from(["mood", "tone"]),
    skills=st.frozensets(
        st.tuples(st.sampled_from(SKILLS), st.integers(1, 4)).map(
            lambda one: f"{one[0]}>={one[1]}"
        ),
        max_size=2,
    ),
    circle=st.sampled_from(["all", "experienced"]),
)
there = st.builds(
    There, standing=st.sampled_from(["new", "good", "suspended"]), taken=st.integers(0, 99)
)
people = st.builds(
    Person,
    held=st.integers(0, 9),
    levels=st.dictionaries(
        st.tuples(st.sampled_from(PROJECTS), st.sampled_from(SKILLS)), st.integers(1, 4)
    ).map(lambda had: frozenset((p, f"{skill}>={n}") for (p, skill), n in had.items())),
    declined=st.frozensets(st.integers(1, 9), max_size=3),
    experienced=st.frozensets(
        st.tuples(st.sampled_from(["mood", "tone"]), st.sampled_from(["annotate", "review"]))
    ),
    projects=st.dictionaries(st.sampled_from(PROJECTS), there),
)
paused_projects = st.frozensets(st.sampled_from(PROJECTS), max_size=1)


def a_shard(**more: Any) -> Shard:
    facts: dict[str, Any] = {
        "shard": 1,
        "project": "p",
        "stage": "annotate",
        "task_type": "mood",
        "skills": frozenset(),
        "circle": "all",
    }
    return Shard(**{**facts, **more})


def a_person(**more: Any) -> Person:
    facts: dict[str, Any] = {
        "held": 0,
        "levels": frozenset(),
        "declined": frozenset(),
        "experienced": frozenset(),
        "projects": {},
    }
    return Person(**{**facts, **more})


# --- skills


@pytest.mark.parametrize(
    ("told", "needed"),
    [
        ("french", "french>=1"),
        ("french>=2", "french>=2"),
        ("french>=12", "french>=12"),
        ("french>=123", "french>=123>=1"),
        (">=2", ">=2>=1"),
        ("a>=1>=3", "a>=1>=3"),
    ],
)
def test_a_skill_without_a_level_needs_the_first(told: str, needed: str) -> None:
    assert need(told) == needed


def test_a_level_includes_those_below_it_in_its_own_project_only() -> None:
    levels = frozenset({("p", "french>=3"), ("q", "german>=2"), ("p", "a>=b>=1")})
    person = a_person(levels=levels)

    assert person.skills_in("p") == {"french>=1", "french>=2", "french>=3", "a>=b>=1"}
    assert person.skills_in("q") == {"german>=1", "german>=2"}
    assert person.skills_in("r") == set()


# --- who may do what


def may(shard: Shard, person: Person, paused: frozenset[str]) -> bool:
    """The rule, said once more in other words."""
    here = person.projects.get(shard.project)
    levels = dict(
        (name.split(">=")[0], int(name.split(">=")[1]))
        for project, name in person.levels
        if project == shard.project
    )
    has_skills = all(
        levels.get(one.split(">=")[0], 0) >= int(one.split(">=")[1]) for one in shard.skills
    )
    is_asked = shard.circle == "all" or (shard.task_type, shard.stage) in person.experienced
    is_suspended = here is not None and here.standing == "suspended"
    is_wanted = shard.shard not in person.declined and shard.project not in paused
    return has_skills and is_asked and is_wanted and not is_suspended


@given(shards, people, paused_projects)
def test_a_shard_is_open_to_exactly_those_who_meet_every_condition(
    shard: Shard, person: Person, paused: frozenset[str]
) -> None:
    assert (hindrance(shard, person, paused) is None) == may(shard, person, paused)


def test_the_first_hindrance_is_the_one_that_is_told() -> None:
    shard = a_shard(skills=frozenset({"french>=1"}), circle="experienced")
    person = a_person(declined=frozenset({1}), projects={"p": There("suspended", 0)})
    told = []

    paused = frozenset({"p"})
    told.append(hindrance(shard, person, paused))
    told.append(hindrance(shard, person, frozenset({"q"})))
    person = replace(person, projects={"q": There("suspended", 0)})
    told.append(hindrance(shard, person, frozenset()))
    person = replace(person, levels=frozenset({("p", "french>=1")}))
    told.append(hindrance(shard, person, frozenset()))
    person = replace(person, declined=frozenset({2}))
    told.append(hindrance(shard, person, frozenset()))
    person = replace(person, experienced=frozenset({("mood", "annotate")}))
    told.append(hindrance(shard, person, frozenset()))

    assert told == ["paused", "suspended", "skills", "declined", "circle", None]


asks = st.builds(
    Ask,
    worker=st.just(HUMAN),
    stages=st.sampled_from([("annotate",), ("review", "annotate"), ("adjudicate",)]),
    projects=st.none() | st.frozensets(st.sampled_from(PROJECTS)),
    task_types=st.none() | st.frozensets(st.sampled_from(["mood", "tone"])),
)


@given(asks, people, st.lists(shards, max_size=9), paused_projects)
def test_work_comes_from_the_open_shards_that_were_asked_for_in_their_order(
    ask: Ask, person: Person, some: list[Shard], paused: frozenset[str]
) -> None:
    found = reach(ask, person, some, paused)

    assert found == [
        one
        for one in some
        if may(one, person, paused)
        and one.stage in ask.stages
        and one.project in (ask.projects if ask.projects is not None else PROJECTS)
        and one.task_type in (ask.task_types if ask.task_types is not None else ("mood", "tone"))
    ]


@given(people, people, paused_projects, st.lists(shards, max_size=9))
def test_two_who_may_the_same_reach_the_same(
    one: Person, other: Person, paused: frozenset[str], some: list[Shard]
) -> None:
    ask = Ask(HUMAN, ("annotate", "review", "adjudicate"))
    held = replace(one, held=one.held + 1)

    if one.may == other.may:
        assert reach(ask, one, some, paused) == reach(ask, other, some, paused)
    assert held.may == one.may
    assert ask.asks_for == Ask(MODEL, ask.stages, count=9).asks_for
    assert ask.asks_for != replace(ask, projects=frozenset()).asks_for
    assert ask.asks_for != replace(ask, task_types=frozenset()).asks_for
    assert ask.asks_for != replace(ask, stages=("annotate",)).asks_for


def test_whoever_is_suspended_in_another_project_may_something_else() -> None:
    suspended = [a_person(projects={name: There("suspended", 0)}) for name in PROJECTS]
    good = a_person(projects={"p": There("good", 3)})

    assert suspended[0].may != suspended[1].may
    assert good.may == a_person().may
    assert a_person(declined=frozenset({1})).may != a_person().may
    assert a_person(levels=frozenset({("p", "x>=1")})).may != a_person().may
    assert a_person(experienced=frozenset({("m", "review")})).may != a_person().may


def test_one_call_asks_for_one_task_and_has_not_been_tried_yet() -> None:
    ask = Ask(HUMAN, ("annotate",))

    assert (ask.count, ask.attempts, ask.projects, ask.items) == (1, 0, None, None)
    assert There("new", 0) == NOBODY


# --- horizons

keys = st.tuples(*[st.integers(-3, 3)] * 5)
NAMES = ("rank", "due", "slots", "position", "work_id")


@given(keys, keys, st.integers(0, 600), st.integers(1, 99))
@example((0,) * 5, (1,) * 5, 256, 1)
@example((0,) * 5, (1,) * 5, 257, 1)
def test_a_horizon_moves_only_when_nothing_unseen_stands_before_it(
    old: Any, found: Any, before: int, since: int
) -> None:
    row = {**dict(zip(NAMES, found, strict=True)), "before": before, "since": since}
    horizon = Horizon(old, 7)

    after = Horizon.after(horizon, row)

    if before > 256:
        assert after == Horizon()
    elif before:
        assert after is horizon
    else:
        assert after == Horizon(found, since)


def test_where_nothing_is_unseen_the_horizon_is_the_end_of_the_shard() -> None:
    row: dict[str, Any] = dict.fromkeys(NAMES) | {"before": 0, "since": 8}

    end = Horizon.after(Horizon(), row)

    assert end == Horizon((2**31 - 1, INT8_MAX, 2**31 - 1, INT8_MAX, INT8_MAX), 8)


def test_a_new_horizon_is_before_everything_and_knows_nothing_as_older() -> None:
    assert Horizon().key == (-(2**31), -INT8_MAX, 0, 0, 0)
    assert Horizon().since == INT8_MAX


def test_a_horizon_is_stale_after_more_changes_than_it_may_miss() -> None:
    known = Horizons()
    known.changed(1_000)
    known.learn("ada", 1, Horizon((0, 0, 0, 0, 1), 7))
    known.changed(512)
    before = known.is_stale("ada", 1)
    known.changed(1)

    assert (before, known.is_stale("ada", 1)) == (False, True)
    assert not known.is_stale("bob", 1)
    assert not known.is_stale("ada", 2)


def test_a_horizon_at_the_beginning_is_forgotten() -> None:
    known, far = Horizons(), Horizon((0, 0, 0, 0, 1), 7)
    known.learn("ada", 1, far)
    assert known.of("ada", 1) == far

    known.learn("ada", 1, Horizon(since=3))

    assert known.of("ada", 1) == Horizon()
    known.changed(1_000)
    assert not known.is_stale("ada", 1)


def test_what_is_remembered_of_horizons_is_bounded() -> None:
    known, far = Horizons(), Horizon((0, 0, 0, 0, 1), 7)
    for n in range(20_000):
        known.learn("ada", n, far)
    known.learn("ada", 3, far)  # Again, which takes no more room.
    kept = known.of("ada", 0)

    known.learn("bob", 1, far)

    assert kept == far
    assert (known.of("ada", 0), known.of("bob", 1)) == (Horizon(), far)


def test_the_same_look_begins_at_another_horizon() -> None:
    look = Look(0, "ada", True, 0, 1, "annotate", "p", Horizon())
    far = Horizon((0, 0, 0, 0, 1), 7)

    assert look.at(far) == Look(0, "ada", True, 0, 1, "annotate", "p", far)


# --- dealing out


def an_offer(work_id: int, slots: int | None = 1, project: str = "p", item: int = 0) -> Offer:
    item_id = UUID(int=item or work_id)
    return Offer(work_id, project, "annotate", item_id, None, 1, "hash", False, slots)


def a_draw(n: int, room: int, *chosen: Offer, worker: Worker = HUMAN, **more: Any) -> Draw:
    projects = more.pop("projects", {})
    person = a_person(projects=projects)
    return Draw(n, Ask(worker, ("annotate",)), person, room, chosen=list(chosen), **more)


def test_a_draw_wants_what_there_is_room_for_until_it_is_done() -> None:
    draw = a_draw(0, 3, an_offer(1))
    wants = draw.wants
    draw.is_done = True

    assert (wants, draw.wants) == (2, 0)


def test_what_this_call_gave_counts_in_its_project() -> None:
    draw = a_draw(
        0, 9, an_offer(1), an_offer(2), an_offer(3, project="q"), projects={"p": There("good", 5)}
    )

    assert draw.there("p") == There("good", 7)
    assert draw.there("q") == There("new", 1)
    assert draw.there("r") == NOBODY


def test_each_chosen_task_is_numbered_within_its_project() -> None:
    offers = [an_offer(n, project=name) for n, name in enumerate("pqppq", 1)]

    assert list(a_draw(0, 9, *offers).numbered()) == list(zip(offers, [0, 0, 1, 2, 1], strict=True))


def test_an_item_that_was_chosen_is_had() -> None:
    draw = a_draw(0, 9, an_offer(1, item=7), an_offer(2, item=8))

    assert draw.has_item(UUID(int=7))
    assert draw.has_item(UUID(int=8))
    assert not draw.has_item(UUID(int=1))


def test_only_people_take_slots_and_a_honeypot_has_none_to_fill() -> None:
    draws = [
        a_draw(0, 9, an_offer(1, 2), an_offer(2, 2), an_offer(3, None)),
        a_draw(1, 9, an_offer(1, 2), an_offer(3, None)),
        a_draw(2, 9, an_offer(2, 2), an_offer(4, 1), worker=MODEL),
    ]

    assert choice.given(draws) == {1: 2, 2: 1, 3: 2}
    assert full(draws) == {1}


ROOM = st.lists(st.integers(1, 3), min_size=1, max_size=4)
FREE = st.lists(st.integers(0, 3), min_size=1, max_size=6)


def candidates(draws: int, free: list[int]) -> list[Candidate]:
    """Every task for every draw, best first."""
    return [
        Candidate(n, 0, 1, 0, 0, slots, work_id, work_id, False)
        for n in range(draws)
        for work_id, slots in enumerate(free)
    ]


@given(ROOM, FREE, st.dictionaries(st.integers(0, 5), st.integers(0, 2)), st.integers(0, 2))
def test_tasks_are_dealt_in_order_to_no_more_than_have_a_place(
    room: list[int], free: list[int], taken: dict[int, int], spare: int
) -> None:
    draws = [a_draw(n, wanted) for n, wanted in enumerate(room)]

    dealt = deal(draws, candidates(len(draws), free), taken, spare)

    left = [slots - taken.get(n, 0) for n, slots in enumerate(free)]
    for draw in draws:
        expected: list[int] = []
        for work_id, slots in enumerate(left):
            if slots > 0 and len(expected) < draw.wants + spare:
                expected.append(work_id)
        for work_id in expected[: draw.wants]:
            left[work_id] -= 1
        assert dealt[draw.n] == expected


def test_the_end_of_a_window_is_dealt_to_nobody() -> None:
    end = Candidate(0, 0, 1, 0, 0, 5, 1, 1, True)
    more = Candidate(0, 0, 1, 0, 0, 5, 2, 2, False)

    assert deal([a_draw(0, 2), a_draw(1, 2)], [end, more], {}, 0) == {0: [2], 1: []}


def test_a_candidate_stands_where_its_row_stands() -> None:
    assert Candidate(9, 8, 7, 1, 2, 3, 4, 5, False).key == (1, 2, 3, 4, 5)


# --- leases

stages = st.sampled_from(["annotate", "review", "adjudicate"])


def a_work(**more: Any) -> Work:
    facts: dict[str, Any] = {
        "work_id": 1,
        "task_id": UUID(int=1),
        "stage": "annotate",
        "subject": UUID(int=1),
        "project": "p",
        "item_id": UUID(int=2),
        "external_id": None,
        "spec_version": 2,
        "spec_hash": "hash",
        "task_type": "mood",
        "purpose": "work",
        "state": "open",
        "payload": {},
        "blob": None,
        "blob_size": None,
        "prelabels": [{"model": "m"}, {"model": "n"}],
        "context": None,
    }
    return Work(**{**facts, **more})


def a_lease(work: Work | None = None, **more: Any) -> Held:
    facts: dict[str, Any] = {
        "lease_id": UUID(int=3),
        "annotator": "ada",
        "kind": "human",
        "leased_at": NOW,
        "expires_at": NOW + timedelta(minutes=15),
        "ended": None,
        "prelabel": "none",
        "standing": "good",
        "newest_version": 2,
        "review_id": None,
        "round": 1,
        "work": work or a_work(),
    }
    return Held(**{**facts, **more})


def refusal(held: Held, now: datetime = NOW) -> str | None:
    """The name of what refuses an answer to the lease."""
    try:
        leases.check_live(held, now)
    except refusals.Refused as error:
        return type(error).__name__
    return None


def test_people_take_slots_and_models_do_not() -> None:
    kinds = ("human", "model", "function")

    assert [Worker("a", kind).takes_slots for kind in kinds] == [True, False, False]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("annotator", "projects", "is_refused"),
    [
        ("ada", None, False),
        ("ada", {"p"}, False),
        ("ada", {"q"}, True),
        ("ada", set(), True),
        ("bob", None, True),
        ("bob", {"p"}, True),
    ],
)
def test_a_lease_exists_for_its_holder_with_a_token_of_its_project_only(
    annotator: str, projects: set[str] | None, is_refused: bool
) -> None:
    held, holder = a_lease(), Holder(annotator, None if projects is None else frozenset(projects))
    refused = pytest.raises(refusals.UnknownLease, match=str(held.lease_id))

    with refused if is_refused else nullcontext():
        assert leases.check_holder(held, held.lease_id, holder, ("annotate",)) is held


def test_a_lease_that_does_not_exist_and_one_of_another_stage_are_refused() -> None:
    holder = Holder("ada", None)

    with pytest.raises(refusals.UnknownLease, match="no lease 0000"):
        leases.check_holder(None, UUID(int=0), holder, ("annotate",))
    with pytest.raises(refusals.WrongStage, match="the stage 'annotate'"):
        leases.check_holder(a_lease(), UUID(int=3), holder, ("review", "adjudicate"))


@pytest.mark.parametrize(
    ("ended", "name"),
    [
        ("answered", "AlreadyAnswered"),
        ("expired", "LeaseExpired"),
        ("released", "LeaseReleased"),
        ("skipped", "LeaseSkipped"),
        ("suspended", "Suspended"),
        ("superseded", "Withdrawn"),
        (None, None),
    ],
)
def test_an_answer_to_a_lease_that_ended_is_refused_for_what_ended_it(
    ended: str | None, name: str | None
) -> None:
    assert refusal(a_lease(ended=ended)) == name


def test_an_answer_counts_up_to_the_moment_at_which_the_lease_ends() -> None:
    held = a_lease()
    last = held.expires_at - timedelta(microseconds=1)

    assert refusal(held, last) is None
    assert refusal(held, held.expires_at) == "LeaseExpired"
    with pytest.raises(refusals.LeaseExpired, match="ended at 2026-01-01T00:15:00\\+00:00"):
        leases.check_live(held, held.expires_at)


@given(stages, st.integers(1, 3), st.integers(1, 3))
def test_a_newer_specification_ends_all_but_reviews(stage: Any, held: int, newest: int) -> None:
    lease = a_lease(a_work(stage=stage, spec_version=held), newest_version=newest)

    is_refused = refusal(lease) == "Superseded"

    assert is_refused == (held < newest and stage != "review")


def test_the_refusal_names_both_versions() -> None:
    with pytest.raises(refusals.Superseded, match="version 4 replaced version 2") as error:
        leases.check_live(a_lease(newest_version=4), NOW)

    assert error.value.extra == {"held_version": 2, "newest_version": 4}


@given(stages, st.sampled_from(["open", "closed", "withdrawn"]))
def test_a_settled_task_takes_late_annotations_and_a_withdrawn_one_nothing(
    stage: Any, state: str
) -> None:
    is_refused = refusal(a_lease(a_work(stage=stage, state=state))) == "Withdrawn"

    assert is_refused == (state == "withdrawn" or (state == "closed" and stage != "annotate"))


def test_of_several_reasons_the_one_is_told_that_helps_most() -> None:
    late = NOW + timedelta(days=1)
    held = a_lease(a_work(state="withdrawn"), standing="suspended", newest_version=3)
    current = replace(held, newest_version=2)

    assert refusal(replace(held, ended="answered"), late) == "AlreadyAnswered"
    assert refusal(replace(held, ended="expired"), late) == "Superseded"
    assert refusal(replace(current, ended="expired"), late) == "LeaseExpired"
    assert refusal(current, late) == "Suspended"
    assert refusal(replace(current, standing="good"), late) == "LeaseExpired"
    assert refusal(replace(current, standing="good"), NOW) == "Withdrawn"


def test_what_the_model_said_is_known_shown_or_hidden() -> None:
    found = [a_lease(prelabel=arm).prelabel_given for arm in ("none", "hidden", "shown")]

    assert found == [None, {"model": "m"}, {"model": "m"}]


@given(st.integers(5, 86_400))
def test_a_lease_lasts_as_many_seconds_as_the_policy_says(seconds: int) -> None:
    assert leases.lease_end(Policy(lease_seconds=seconds), NOW) == NOW + timedelta(seconds=seconds)


# --- chance


def drawn(*parts: str, key: bytes = KEY) -> float:
    """HMAC-SHA256 over the parts, divided by zero bytes; the first 64 bits as a share."""
    mac = hmac.digest(key, b"\x00".join(part.encode() for part in parts), hashlib.sha256)
    return int.from_bytes(mac[:8], "big") / 2.0**64


@given(st.lists(st.text(max_size=4), min_size=1, max_size=3), st.binary(max_size=4))
def test_chance_is_fixed_by_its_key_and_parts(parts: list[str], key: bytes) -> None:
    found = leases.chance(key, *parts)

    assert found == drawn(*parts, key=key)
    assert 0 <= found < 1


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_honeypot_is_due_by_the_first_rate_and_then_by_the_other(first: int, taken: int) -> None:
    policy = Honeypots(first=first, first_rate=0.9, rate=0.1)

    rate = 0.9 if taken < first else 0.1

    assert leases.honeypot_due(KEY, "ada", taken, policy) == (
        drawn("honeypot", "ada", str(taken)) < rate
    )


@pytest.mark.parametrize(("rate", "found"), [(0.0, 0), (1.0, 2_000)])
def test_a_rate_of_nothing_and_of_all_are_exact(rate: float, found: int) -> None:
    policy = Honeypots(first=1_000, first_rate=rate, rate=rate)

    assert sum(leases.honeypot_due(KEY, "ada", n, policy) for n in range(2_000)) == found


def test_honeypots_come_as_often_as_the_policy_says_for_each_differently() -> None:
    policy = Honeypots(first=0, rate=0.1)
    due = {
        name: [leases.honeypot_due(KEY, name, n, policy) for n in range(4_000)]
        for name in ("ada", "bob")
    }

    # Six standard deviations of 4,000 draws at 0.1.
    assert all(abs(sum(some) - 400) < 6 * 19 for some in due.values())
    assert due["ada"] != due["bob"]


def test_the_arm_of_a_prelabel_is_fixed_for_an_annotator_and_an_item() -> None:
    items = [UUID(int=n) for n in range(4_000)]
    shown = [leases.prelabel_shown(KEY, "ada", item, 0.25) for item in items]

    assert shown == [drawn("prelabel", "ada", str(item)) >= 0.25 for item in items]
    assert abs(sum(shown) - 3_000) < 6 * 28
    assert all(leases.prelabel_shown(KEY, "ada", item, 0.0) for item in items[:100])
    assert not any(leases.prelabel_shown(KEY, "ada", item, 1.0) for item in items[:100])


def test_honeypots_stand_in_a_circle_by_their_digest() -> None:
    task_id = UUID(int=7)
    found = leases.place_among_honeypots(task_id)

    assert found == int.from_bytes(hashlib.sha256(task_id.bytes).digest()[:8], "big") / 2.0**64
    assert 0 <= found < 1


def test_each_lease_shows_another_id_of_its_task_in_the_form_of_a_random_one() -> None:
    shown = [leases.masked_task_id(KEY, UUID(int=n)) for n in range(100)]
    first = hmac.digest(KEY, b"task\x00" + UUID(int=0).bytes, hashlib.sha256)[:16]

    assert len(set(shown)) == 100
    assert {one.version for one in shown} == {4}
    assert shown[0] == UUID(bytes=first, version=4)


def test_what_is_drawn_exactly_at_the_rate_is_no_honeypot_and_shows_its_prelabel() -> None:
    item = UUID(int=1)
    honeypot, prelabel = drawn("honeypot", "ada", "0"), drawn("prelabel", "ada", str(item))

    assert not leases.honeypot_due(KEY, "ada", 0, Honeypots(first=0, rate=honeypot))
    assert leases.prelabel_shown(KEY, "ada", item, prelabel)


# --- values

VALUES = [
    HUMAN,
    Holder("ada", None),
    a_work(),
    a_lease(),
    a_shard(),
    NOBODY,
    a_person(),
    Ask(HUMAN, ("annotate",)),
    Horizon(),
    Look(0, "ada", True, 0, 1, "annotate", "p", Horizon()),
    HoneypotWish(0, "ada", "p", 1, "hash", 0.5, 9, (), None, ()),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_never_change_and_have_no_other_attributes(value: Any) -> None:
    first = fields(value)[0].name

    with pytest.raises(FrozenInstanceError):
        setattr(value, first, None)
    assert not hasattr(value, "__dict__")


def test_what_a_draw_has_got_changes_and_nothing_can_be_added() -> None:
    assert not hasattr(a_draw(0, 1), "__dict__")


# --- who comes to which stage


def test_each_stage_has_its_role_and_only_pipelines_choose_among_items() -> None:
    assert leases.STAGE_ROLES == {
        "annotate": "annotator",
        "review": "reviewer",
        "adjudicate": "adjudicator",
    }
    assert leases.PICKERS == ("pipeline", "admin")
    assert timedelta(hours=1) == choice.AGEING
    assert (choice.EXPERIENCED_FROM, choice.LEVEL_MAX) == (10, 99)
