"""Tests of the queue's rules on generated values, without a database."""

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

from queue_service.domain import leases, refusals
from queue_service.domain.dispatch import (
    AGEING,
    EXPERIENCED_FROM,
    LEVEL_MAX,
    NEW_MEMBER,
    Allocation,
    AnnotatorProfile,
    Candidate,
    HoneypotQuery,
    LeaseQuery,
    Offer,
    Pool,
    PoolScan,
    ProjectMembership,
    ScanCursor,
    ScanCursors,
    allocate,
    allocated,
    eligible_pools,
    exhausted,
    ineligibility,
    with_level,
)
from queue_service.domain.leases import Annotator, HeldLease, Holder, Work
from schemas.vocabulary import Honeypots, Policy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = b"a key"
HUMAN, MODEL = Annotator("ada", "human"), Annotator("gpt", "model")
SKILLS = ("french", "german", "care")
PROJECTS = ("p", "q")
INT8_MAX = 2**63 - 1

pools = st.builds(
    Pool,
    pool=st.integers(1, 9),
    project=st.sampled_from(PROJECTS),
    stage=st.sampled_from(["annotate", "review", "adjudicate"]),
    task_type=st.sampled_from(["mood", "tone"]),
    skills=st.frozensets(
        st.tuples(st.sampled_from(SKILLS), st.integers(1, 4)).map(
            lambda one: f"{one[0]}>={one[1]}"
        ),
        max_size=2,
    ),
    audience=st.sampled_from(["all", "experienced"]),
)
memberships = st.builds(
    ProjectMembership,
    standing=st.sampled_from(["new", "good", "suspended"]),
    taken=st.integers(0, 99),
)
profiles = st.builds(
    AnnotatorProfile,
    held=st.integers(0, 9),
    levels=st.dictionaries(
        st.tuples(st.sampled_from(PROJECTS), st.sampled_from(SKILLS)), st.integers(1, 4)
    ).map(lambda had: frozenset((p, f"{skill}>={n}") for (p, skill), n in had.items())),
    declined=st.frozensets(st.integers(1, 9), max_size=3),
    experienced=st.frozensets(
        st.tuples(st.sampled_from(["mood", "tone"]), st.sampled_from(["annotate", "review"]))
    ),
    projects=st.dictionaries(st.sampled_from(PROJECTS), memberships),
)
paused_projects = st.frozensets(st.sampled_from(PROJECTS), max_size=1)


def a_pool(**more: Any) -> Pool:
    facts: dict[str, Any] = {
        "pool": 1,
        "project": "p",
        "stage": "annotate",
        "task_type": "mood",
        "skills": frozenset(),
        "audience": "all",
    }
    return Pool(**{**facts, **more})


def a_profile(**more: Any) -> AnnotatorProfile:
    facts: dict[str, Any] = {
        "held": 0,
        "levels": frozenset(),
        "declined": frozenset(),
        "experienced": frozenset(),
        "projects": {},
    }
    return AnnotatorProfile(**{**facts, **more})


# --- skills


@pytest.mark.parametrize(
    ("skill", "needed"),
    [
        ("french", "french>=1"),
        ("french>=2", "french>=2"),
        ("french>=12", "french>=12"),
        ("french>=123", "french>=123>=1"),
        (">=2", ">=2>=1"),
        ("a>=1>=3", "a>=1>=3"),
    ],
)
def test_a_skill_without_a_level_needs_the_first(skill: str, needed: str) -> None:
    assert with_level(skill) == needed


def test_a_level_includes_those_below_it_in_its_own_project_only() -> None:
    levels = frozenset({("p", "french>=3"), ("q", "german>=2"), ("p", "a>=b>=1")})
    profile = a_profile(levels=levels)

    assert profile.skills_in("p") == {"french>=1", "french>=2", "french>=3", "a>=b>=1"}
    assert profile.skills_in("q") == {"german>=1", "german>=2"}
    assert profile.skills_in("r") == set()


# --- eligibility


def is_eligible(pool: Pool, profile: AnnotatorProfile, paused: frozenset[str]) -> bool:
    """Return the expected eligibility, computed in another way."""
    here = profile.projects.get(pool.project)
    levels = dict(
        (name.split(">=")[0], int(name.split(">=")[1]))
        for project, name in profile.levels
        if project == pool.project
    )
    has_skills = all(
        levels.get(one.split(">=")[0], 0) >= int(one.split(">=")[1]) for one in pool.skills
    )
    is_asked = pool.audience == "all" or (pool.task_type, pool.stage) in profile.experienced
    is_suspended = here is not None and here.standing == "suspended"
    is_wanted = pool.pool not in profile.declined and pool.project not in paused
    return has_skills and is_asked and is_wanted and not is_suspended


@given(pools, profiles, paused_projects)
def test_a_pool_is_open_to_exactly_those_who_meet_every_condition(
    pool: Pool, profile: AnnotatorProfile, paused: frozenset[str]
) -> None:
    assert (ineligibility(pool, profile, paused) is None) == is_eligible(pool, profile, paused)


def test_the_first_hindrance_is_the_one_that_is_told() -> None:
    pool = a_pool(skills=frozenset({"french>=1"}), audience="experienced")
    profile = a_profile(declined=frozenset({1}), projects={"p": ProjectMembership("suspended", 0)})
    skill = []

    paused = frozenset({"p"})
    skill.append(ineligibility(pool, profile, paused))
    skill.append(ineligibility(pool, profile, frozenset({"q"})))
    profile = replace(profile, projects={"q": ProjectMembership("suspended", 0)})
    skill.append(ineligibility(pool, profile, frozenset()))
    profile = replace(profile, levels=frozenset({("p", "french>=1")}))
    skill.append(ineligibility(pool, profile, frozenset()))
    profile = replace(profile, declined=frozenset({2}))
    skill.append(ineligibility(pool, profile, frozenset()))
    profile = replace(profile, experienced=frozenset({("mood", "annotate")}))
    skill.append(ineligibility(pool, profile, frozenset()))

    assert skill == ["paused", "suspended", "skills", "declined", "audience", None]


queries = st.builds(
    LeaseQuery,
    annotator=st.just(HUMAN),
    stages=st.sampled_from([("annotate",), ("review", "annotate"), ("adjudicate",)]),
    projects=st.none() | st.frozensets(st.sampled_from(PROJECTS)),
    task_types=st.none() | st.frozensets(st.sampled_from(["mood", "tone"])),
)


@given(queries, profiles, st.lists(pools, max_size=9), paused_projects)
def test_work_comes_from_the_open_pools_that_were_asked_for_in_their_order(
    query: LeaseQuery, profile: AnnotatorProfile, some: list[Pool], paused: frozenset[str]
) -> None:
    found = eligible_pools(query, profile, some, paused)

    assert found == [
        one
        for one in some
        if is_eligible(one, profile, paused)
        and one.stage in query.stages
        and one.project in (query.projects if query.projects is not None else PROJECTS)
        and one.task_type
        in (query.task_types if query.task_types is not None else ("mood", "tone"))
    ]


@given(profiles, profiles, paused_projects, st.lists(pools, max_size=9))
def test_two_who_may_the_same_reach_the_same(
    one: AnnotatorProfile, other: AnnotatorProfile, paused: frozenset[str], some: list[Pool]
) -> None:
    query = LeaseQuery(HUMAN, ("annotate", "review", "adjudicate"))
    busier = replace(one, held=one.held + 1)

    if one.eligibility == other.eligibility:
        assert eligible_pools(query, one, some, paused) == eligible_pools(
            query, other, some, paused
        )
    assert busier.eligibility == one.eligibility
    assert query.pool_filter == LeaseQuery(MODEL, query.stages, count=9).pool_filter
    assert query.pool_filter != replace(query, projects=frozenset()).pool_filter
    assert query.pool_filter != replace(query, task_types=frozenset()).pool_filter
    assert query.pool_filter != replace(query, stages=("annotate",)).pool_filter


def test_whoever_is_suspended_in_another_project_may_something_else() -> None:
    suspended = [a_profile(projects={name: ProjectMembership("suspended", 0)}) for name in PROJECTS]
    good = a_profile(projects={"p": ProjectMembership("good", 3)})

    assert suspended[0].eligibility != suspended[1].eligibility
    assert good.eligibility == a_profile().eligibility
    assert a_profile(declined=frozenset({1})).eligibility != a_profile().eligibility
    assert a_profile(levels=frozenset({("p", "x>=1")})).eligibility != a_profile().eligibility
    assert (
        a_profile(experienced=frozenset({("m", "review")})).eligibility != a_profile().eligibility
    )


def test_one_call_asks_for_one_task_and_has_not_been_tried_yet() -> None:
    query = LeaseQuery(HUMAN, ("annotate",))

    assert (query.count, query.attempts, query.projects, query.items) == (1, 0, None, None)
    assert ProjectMembership("new", 0) == NEW_MEMBER


# --- cursors

keys = st.tuples(*[st.integers(-3, 3)] * 5)
NAMES = ("rank", "due", "slots", "position", "work_id")


@given(keys, keys, st.integers(0, 600), st.integers(1, 99))
@example((0,) * 5, (1,) * 5, 256, 1)
@example((0,) * 5, (1,) * 5, 257, 1)
def test_a_cursor_moves_only_when_nothing_unseen_stands_before_it(
    old: Any, found: Any, before: int, since: int
) -> None:
    row = {**dict(zip(NAMES, found, strict=True)), "before": before, "since": since}
    cursor = ScanCursor(old, 7)

    after = ScanCursor.after(cursor, row)

    if before > 256:
        assert after == ScanCursor()
    elif before:
        assert after is cursor
    else:
        assert after == ScanCursor(found, since)


def test_where_nothing_is_unseen_the_cursor_is_the_end_of_the_pool() -> None:
    row: dict[str, Any] = dict.fromkeys(NAMES) | {"before": 0, "since": 8}

    end = ScanCursor.after(ScanCursor(), row)

    assert end == ScanCursor((2**31 - 1, INT8_MAX, 2**31 - 1, INT8_MAX, INT8_MAX), 8)


def test_a_new_cursor_is_before_everything_and_knows_nothing_as_older() -> None:
    assert ScanCursor().key == (-(2**31), -INT8_MAX, 0, 0, 0)
    assert ScanCursor().since == INT8_MAX


def test_a_cursor_is_stale_after_more_changes_than_it_may_miss() -> None:
    known = ScanCursors()
    known.changed(1_000)
    known.store("ada", 1, ScanCursor((0, 0, 0, 0, 1), 7))
    known.changed(512)
    before = known.is_stale("ada", 1)
    known.changed(1)

    assert (before, known.is_stale("ada", 1)) == (False, True)
    assert not known.is_stale("bob", 1)
    assert not known.is_stale("ada", 2)


def test_a_cursor_at_the_beginning_is_forgotten() -> None:
    known, far = ScanCursors(), ScanCursor((0, 0, 0, 0, 1), 7)
    known.store("ada", 1, far)
    assert known.get("ada", 1) == far

    known.store("ada", 1, ScanCursor(since=3))

    assert known.get("ada", 1) == ScanCursor()
    known.changed(1_000)
    assert not known.is_stale("ada", 1)


def test_what_is_remembered_of_cursors_is_bounded() -> None:
    known, far = ScanCursors(), ScanCursor((0, 0, 0, 0, 1), 7)
    for n in range(20_000):
        known.store("ada", n, far)
    known.store("ada", 3, far)  # Stored again, in the same entry.
    kept = known.get("ada", 0)

    known.store("bob", 1, far)

    assert kept == far
    assert (known.get("ada", 0), known.get("bob", 1)) == (ScanCursor(), far)


def test_the_same_look_begins_at_another_cursor() -> None:
    scan = PoolScan(0, "ada", True, 0, 1, "annotate", "p", ScanCursor())
    far = ScanCursor((0, 0, 0, 0, 1), 7)

    assert scan.starting_at(far) == PoolScan(0, "ada", True, 0, 1, "annotate", "p", far)


# --- allocation


def an_offer(work_id: int, slots: int | None = 1, project: str = "p", item: int = 0) -> Offer:
    item_id = UUID(int=item or work_id)
    return Offer(work_id, project, "annotate", item_id, None, 1, "hash", False, slots)


def an_allocation(
    n: int, capacity: int, *chosen: Offer, annotator: Annotator = HUMAN, **more: Any
) -> Allocation:
    projects = more.pop("projects", {})
    profile = a_profile(projects=projects)
    return Allocation(
        n, LeaseQuery(annotator, ("annotate",)), profile, capacity, offers=list(chosen), **more
    )


def test_a_draw_wants_what_there_is_room_for_until_it_is_done() -> None:
    allocation = an_allocation(0, 3, an_offer(1))
    missing = allocation.missing
    allocation.is_done = True

    assert (missing, allocation.missing) == (2, 0)


def test_what_this_call_gave_counts_in_its_project() -> None:
    allocation = an_allocation(
        0,
        9,
        an_offer(1),
        an_offer(2),
        an_offer(3, project="q"),
        projects={"p": ProjectMembership("good", 5)},
    )

    assert [allocation.taken_in(name) for name in "pqr"] == [7, 1, 0]


def test_each_chosen_task_is_numbered_within_its_project() -> None:
    offers = [an_offer(n, project=name) for n, name in enumerate("pqppq", 1)]

    assert list(an_allocation(0, 9, *offers).numbered()) == list(
        zip(offers, [0, 0, 1, 2, 1], strict=True)
    )


def test_an_item_that_was_chosen_is_had() -> None:
    allocation = an_allocation(0, 9, an_offer(1, item=7), an_offer(2, item=8))

    assert allocation.has_item(UUID(int=7))
    assert allocation.has_item(UUID(int=8))
    assert not allocation.has_item(UUID(int=1))


def test_only_people_take_slots_and_a_honeypot_has_none_to_fill() -> None:
    allocations = [
        an_allocation(0, 9, an_offer(1, 2), an_offer(2, 2), an_offer(3, None)),
        an_allocation(1, 9, an_offer(1, 2), an_offer(3, None)),
        an_allocation(2, 9, an_offer(2, 2), an_offer(4, 1), annotator=MODEL),
    ]

    assert allocated(allocations) == {1: 2, 2: 1, 3: 2}
    assert exhausted(allocations) == {1}


ROOM = st.lists(st.integers(1, 3), min_size=1, max_size=4)
FREE = st.lists(st.integers(0, 3), min_size=1, max_size=6)


def candidates(allocations: int, free: list[int]) -> list[Candidate]:
    """Return every task as a candidate of every allocation, best first."""
    return [
        Candidate(n, 0, 1, 0, 0, slots, work_id, work_id, False)
        for n in range(allocations)
        for work_id, slots in enumerate(free)
    ]


@given(ROOM, FREE, st.dictionaries(st.integers(0, 5), st.integers(0, 2)), st.integers(0, 2))
def test_tasks_are_dealt_in_order_to_no_more_than_have_a_place(
    capacity: list[int], free: list[int], taken: dict[int, int], spare: int
) -> None:
    allocations = [an_allocation(n, wanted) for n, wanted in enumerate(capacity)]

    tries = allocate(allocations, candidates(len(allocations), free), taken, spare)

    left = [slots - taken.get(n, 0) for n, slots in enumerate(free)]
    for allocation in allocations:
        expected: list[int] = []
        for work_id, slots in enumerate(left):
            if slots > 0 and len(expected) < allocation.missing + spare:
                expected.append(work_id)
        for work_id in expected[: allocation.missing]:
            left[work_id] -= 1
        assert tries[allocation.n] == expected


def test_the_end_of_a_window_is_dealt_to_nobody() -> None:
    end = Candidate(0, 0, 1, 0, 0, 5, 1, 1, True)
    more = Candidate(0, 0, 1, 0, 0, 5, 2, 2, False)

    assert allocate([an_allocation(0, 2), an_allocation(1, 2)], [end, more], {}, 0) == {
        0: [2],
        1: [],
    }


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


def a_lease(work: Work | None = None, **more: Any) -> HeldLease:
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
    return HeldLease(**{**facts, **more})


def refusal(lease: HeldLease, now: datetime = NOW) -> str | None:
    """Return the name of the refusal of a submission with the lease."""
    try:
        leases.check_live(lease, now)
    except refusals.Refused as error:
        return type(error).__name__
    return None


def test_people_take_slots_and_models_do_not() -> None:
    kinds = ("human", "model", "function")

    assert [Annotator("a", kind).takes_slots for kind in kinds] == [True, False, False]  # type: ignore[arg-type]


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
    lease, holder = a_lease(), Holder(annotator, None if projects is None else frozenset(projects))
    refused = pytest.raises(refusals.UnknownLease, match=str(lease.lease_id))

    with refused if is_refused else nullcontext():
        assert leases.check_holder(lease, lease.lease_id, holder, ("annotate",)) is lease


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
    lease = a_lease()
    last = lease.expires_at - timedelta(microseconds=1)

    assert refusal(lease, last) is None
    assert refusal(lease, lease.expires_at) == "LeaseExpired"
    with pytest.raises(refusals.LeaseExpired, match="ended at 2026-01-01T00:15:00\\+00:00"):
        leases.check_live(lease, lease.expires_at)


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
    lease = a_lease(a_work(state="withdrawn"), standing="suspended", newest_version=3)
    current = replace(lease, newest_version=2)

    assert refusal(replace(lease, ended="answered"), late) == "AlreadyAnswered"
    assert refusal(replace(lease, ended="expired"), late) == "Superseded"
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
    """Return the first 53 bits of the HMAC-SHA256 of the parts as a number in [0, 1)."""
    mac = hmac.digest(key, b"\x00".join(part.encode() for part in parts), hashlib.sha256)
    return (int.from_bytes(mac[:8], "big") >> 11) / 2.0**53


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


def test_honeypots_are_ordered_by_the_digest_of_their_task() -> None:
    task_id = UUID(int=7)
    found = leases.sort_key(task_id)

    assert found == (int.from_bytes(hashlib.sha256(task_id.bytes).digest()[:8]) >> 11) / 2.0**53
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
    a_pool(),
    NEW_MEMBER,
    a_profile(),
    LeaseQuery(HUMAN, ("annotate",)),
    ScanCursor(),
    PoolScan(0, "ada", True, 0, 1, "annotate", "p", ScanCursor()),
    HoneypotQuery(0, "ada", "p", 1, "hash", 0.5, 9, (), None, ()),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_never_change_and_have_no_other_attributes(value: Any) -> None:
    first = fields(value)[0].name

    with pytest.raises(FrozenInstanceError):
        setattr(value, first, None)
    assert not hasattr(value, "__dict__")


def test_what_a_draw_has_got_changes_and_nothing_can_be_added() -> None:
    assert not hasattr(an_allocation(0, 1), "__dict__")


# --- roles of the stages


def test_each_stage_has_its_role_and_only_pipelines_choose_among_items() -> None:
    assert leases.STAGE_ROLES == {
        "annotate": "annotator",
        "review": "reviewer",
        "adjudicate": "adjudicator",
    }
    assert leases.PICKERS == ("pipeline", "admin")
    assert timedelta(hours=1) == AGEING
    assert (EXPERIENCED_FROM, LEVEL_MAX) == (10, 99)
