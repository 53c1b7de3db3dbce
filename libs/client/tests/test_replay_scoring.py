import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright_client.replay.scale import Value
from labelwright_client.replay.scoring import is_right, majority, score, single

LABELS = st.sampled_from("xyz")
VOTES = st.lists(LABELS, min_size=1, max_size=9)


def test_the_four_accuracies_of_a_small_case() -> None:
    gold: dict[str, Value] = {"1": "x", "2": "x", "3": "y", "4": "y"}
    votes: dict[str, list[Value]] = {
        "1": ["x", "x", "x"],
        "2": ["y", "y", "y"],
        "3": ["y", "x"],
        "4": ["y", "y", "x"],
        "no gold": ["z"],
    }
    decided: dict[str, Value] = {"1": "x", "2": "y", "3": "y", "4": "y", "no gold": "z"}

    found = score(gold, decided, {"3", "4"}, votes, None)

    assert (found.undisputed.value, found.undisputed.n) == (0.5, 2)
    assert (found.with_expert.value, found.with_expert.n) == (0.75, 4)
    assert (found.majority.value, found.majority.n) == ((1 + 0 + 0.5 + 1) / 4, 4)
    assert found.single.value == pytest.approx((1 + 0 + 1 / 2 + 2 / 3) / 4)


def test_without_gold_nothing_is_claimed() -> None:
    found = score({}, {"1": "x"}, set(), {"1": ["x"]}, None)

    assert {found.undisputed.value, found.with_expert.value, found.majority.value} == {None}
    assert found.single.value is None


def test_an_undecided_item_is_not_counted_as_wrong() -> None:
    found = score({"1": "x", "2": "x"}, {"1": "x"}, set(), {"1": ["x"], "2": ["y"]}, None)

    assert (found.with_expert.value, found.with_expert.n) == (1, 1)
    assert (found.majority.value, found.majority.n) == (0.5, 2)


@given(VOTES, LABELS)
def test_a_majority_counts_like_ties_broken_at_random_on_average(
    votes: list[Value], gold: Value
) -> None:
    chance = random.Random(0)
    most = max(votes.count(label) for label in set(votes))
    tied = sorted({str(label) for label in votes if votes.count(label) == most})

    average = sum(chance.choice(tied) == gold for _ in range(1500)) / 1500

    assert majority(votes, gold, None) == pytest.approx(average, abs=0.08)


@given(VOTES, LABELS)
def test_the_order_of_votes_changes_nothing(votes: list[Value], gold: Value) -> None:
    turned = list(reversed(votes))

    assert majority(votes, gold, None) == majority(turned, gold, None)
    assert single(votes, gold, None) == pytest.approx(single(turned, gold, None))


@given(LABELS, st.integers(1, 5), LABELS)
def test_unanimous_votes_have_the_same_accuracy_in_all_ways(
    label: Value, n: int, gold: Value
) -> None:
    right = float(label == gold)

    assert majority([label] * n, gold, None) == single([label] * n, gold, None) == right


def test_a_number_is_right_within_the_tolerance() -> None:
    assert is_right(20, 40, 20)
    assert is_right(0.1 + 0.2, 0.3, 0.0)
    assert not is_right(20, 40.1, 20)


def test_of_numbers_the_median_stands_for_the_majority() -> None:
    assert majority([0, 10, 100], 12, 5) == 1
    assert majority([0, 0, 100, 100], 12, 5) == 0
    assert majority([0, 20], 12, 5) == 1
