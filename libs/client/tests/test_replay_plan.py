import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright_client.replay.plan import (
    PlanError,
    ReplayOptions,
    decide,
    label_of,
    make_plan,
    value_of,
)
from labelwright_client.replay.recording import Recording, Vote
from labelwright_client.replay.scale import Scale, Value

NAMES = st.sampled_from("abcdefgh")
ITEMS = st.sampled_from(["1", "2", "3", "4", "5", "6"])


def recording_of(
    votes: list[tuple[str, str, Value]], gold: dict[str, Value], scale: str = "nominal"
) -> Recording:
    unique = list({vote[:2]: Vote(*vote) for vote in votes}.values())
    voted = {vote.item: {"item_id": vote.item} for vote in unique}
    return Recording(
        scale=Scale(scale, "as asked"),  # type: ignore[arg-type]
        votes=unique,
        payloads=voted,  # type: ignore[arg-type]
        gold={item: value for item, value in gold.items() if item in voted},
        repeated=len(votes) - len(unique),
    )


RECORDINGS = st.builds(
    recording_of,
    st.lists(st.tuples(ITEMS, NAMES, st.sampled_from("xyz")), min_size=1, max_size=40),
    st.dictionaries(ITEMS, st.sampled_from("xyz")),
)
REDUNDANCY: st.SearchStrategy[Any] = st.one_of(st.integers(1, 9), st.just("all"))


@given(RECORDINGS, REDUNDANCY, st.floats(0, 0.9), st.integers())
def test_a_plan_asks_for_no_vote_that_was_not_recorded(
    recording: Recording, redundancy: Any, share: float, seed: int
) -> None:
    wishes = ReplayOptions(redundancy=redundancy, honeypots=share, seed=seed)
    try:
        plan = make_plan(recording, wishes)
    except PlanError:
        return

    voters: dict[str, int] = {}
    for vote in recording.votes:
        voters[vote.item] = voters.get(vote.item, 0) + 1
    for item in plan.work:
        most = voters[str(item.external_id)]
        assert item.redundancy is not None
        assert item.redundancy == (most if redundancy == "all" else min(redundancy, most))
        assert max(plan.spec.policy.redundancy_max, item.redundancy) == item.redundancy


@given(RECORDINGS, st.floats(0, 0.9), st.integers())
def test_every_item_is_either_work_or_a_honeypot(
    recording: Recording, share: float, seed: int
) -> None:
    try:
        plan = make_plan(recording, ReplayOptions(honeypots=share, seed=seed))
    except PlanError:
        return

    work = {item.external_id for item in plan.work}
    pots = {item.external_id for item in plan.honeypots}
    assert work | pots == set(recording.payloads)
    assert not work & pots
    assert pots <= set(recording.gold)
    assert len(pots) == round(len(recording.gold) * share)
    assert set(plan.gold) == set(recording.gold) - pots


@given(RECORDINGS, st.integers())
def test_all_recorded_votes_are_planned_in_an_order_fixed_by_the_seed(
    recording: Recording, seed: int
) -> None:
    plans = [make_plan(recording, ReplayOptions(honeypots=0, seed=seed)) for _ in range(2)]

    votes = {(vote.item, vote.annotator) for vote in recording.votes}
    seated = {(item, one.name) for one in plans[0].annotators for item in one.votes}
    assert seated == votes
    orders = [[(one.name, list(one.votes)) for one in plan.annotators] for plan in plans]
    assert orders[0] == orders[1]


def test_another_seed_is_another_order() -> None:
    votes: list[tuple[str, str, Value]] = [(str(i), name, "x") for i in range(9) for name in "abcd"]
    orders = {
        tuple(
            one.name
            for one in make_plan(recording_of(votes, {}), ReplayOptions(seed=seed)).annotators
        )
        for seed in range(20)
    }

    assert len(orders) > 5


@given(st.integers(0, 200), st.floats(0, 1))
def test_the_share_of_honeypots_is_of_the_gold(count: int, share: float) -> None:
    votes: list[tuple[str, str, Value]] = [(str(item), "a", "x") for item in range(count + 1)]
    gold: dict[str, Value] = {str(item): "x" for item in range(count)}

    plan = make_plan(recording_of(votes, gold), ReplayOptions(honeypots=share))

    assert len(plan.honeypots) == round(count * share)


def test_named_honeypots_are_used() -> None:
    votes: list[tuple[str, str, Value]] = [(str(item), "a", "x") for item in range(4)]

    plan = make_plan(
        recording_of(votes, {"0": "x", "1": "x"}), ReplayOptions(honeypot_items=["1"], honeypots=0)
    )

    assert [item.external_id for item in plan.honeypots] == ["1"]


def test_a_plan_without_work_items_is_refused() -> None:
    with pytest.raises(PlanError, match="Every item would be a honeypot"):
        make_plan(recording_of([("1", "a", "x")], {"1": "x"}), ReplayOptions(honeypots=1))


def test_labels_of_votes_and_gold_become_options() -> None:
    votes: list[tuple[str, str, Value]] = [("1", "a", "10"), ("1", "b", "9")]

    plan = make_plan(recording_of(votes, {"1": "8"}), ReplayOptions(honeypots=0))

    assert plan.spec.fields[0]["kind"] == "choice"
    assert plan.spec.fields[0]["options"] == ["8", "9", "10"]


def test_ordered_whole_numbers_become_a_rating_with_all_levels_between() -> None:
    votes: list[tuple[str, str, Value]] = [("1", "a", "1"), ("1", "b", "6")]

    plan = make_plan(recording_of(votes, {}, "ordinal"), ReplayOptions())

    assert plan.spec.fields[0]["kind"] == "rating"
    assert (plan.spec.fields[0]["minimum"], plan.spec.fields[0]["maximum"]) == (1, 6)
    assert label_of(plan, "6") == {"label": 6}
    assert value_of(plan, {"label": 6}) == "6"


def test_ordered_fractions_become_ordered_options() -> None:
    votes: list[tuple[str, str, Value]] = [("1", "a", "2.5"), ("1", "b", "10")]

    field = make_plan(recording_of(votes, {}, "ordinal"), ReplayOptions()).spec.fields[0]

    assert (field["kind"], field["ordered"], field["options"]) == ("choice", True, ["2.5", "10"])


def test_numbers_get_their_range_and_a_tolerance_with_a_remark() -> None:
    votes: list[tuple[str, str, Value]] = [("1", "a", -100), ("1", "b", 60.5)]

    plan = make_plan(recording_of(votes, {"1": 100}, "interval"), ReplayOptions(honeypots=0))

    field = plan.spec.fields[0]
    assert (field["kind"], field["minimum"], field["maximum"]) == ("number", -100, 100)
    assert plan.tolerance == field["tolerance"] == 20
    assert "Numbers from -100 to 100; 20 apart or less is one answer." in plan.sentences


@pytest.mark.parametrize("tolerance", [-1, 200, float("nan")])
def test_a_tolerance_outside_the_range_is_refused(tolerance: float) -> None:
    votes: list[tuple[str, str, Value]] = [("1", "a", -100), ("1", "b", 100)]

    with pytest.raises(PlanError, match="tolerance"):
        make_plan(recording_of(votes, {}, "interval"), ReplayOptions(tolerance=tolerance))


def test_numbers_that_are_all_the_same_still_have_a_range() -> None:
    field: Any = make_plan(
        recording_of([("1", "a", 5)], {}, "interval"), ReplayOptions()
    ).spec.fields[0]

    assert field["minimum"] < field["maximum"]


def test_more_labels_than_options_are_refused() -> None:
    votes: list[tuple[str, str, Value]] = [(str(one), "a", f"c{one}") for one in range(1001)]

    with pytest.raises(PlanError, match="1001 different labels"):
        make_plan(recording_of(votes, {}), ReplayOptions())


@pytest.mark.parametrize(("text", "how"), [("unanimous", "unanimous"), ("share:0.8", "share")])
def test_the_decision_rule_is_parsed(text: str, how: str) -> None:
    assert decide(text).how == how


@pytest.mark.parametrize("text", ["", "share", "share:", "share:1.5", "share:x", "majority"])
def test_an_invalid_decision_rule_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="--decide"):
        decide(text)


def test_the_plan_has_remarks_with_the_counts() -> None:
    votes: list[tuple[str, str, Value]] = [
        (str(item), name, "x") for item in range(800) for name in "abc"
    ]
    random.Random(1).shuffle(votes)
    gold: dict[str, Value] = {str(item): "x" for item in range(800)}

    plan = make_plan(recording_of(votes, gold), ReplayOptions())

    assert plan.sentences[0] == "800 items in the file: 720 to label, 80 honeypots."
