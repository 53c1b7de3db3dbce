"""The rules of quality at their bounds, and what replays and other releases must find unchanged."""

import json
from collections import Counter
from math import log
from typing import Any
from uuid import UUID

import pytest

from labels import compile_fields
from quality_service.domain import issues, reviews, scoring
from quality_service.domain.intervals import newcombe_interval, wilson_interval
from quality_service.domain.rationales import Rationale, group_rationales, normalized_words
from quality_service.domain.scoring import GoldCount
from quality_service.domain.spec import read_spec
from quality_service.domain.standing import SprtHypotheses, Tally, assess
from schemas.vocabulary import Measure, Policy

MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
NOTE = {"name": "note", "kind": "text", "required": False}

# --- issues


def measure(value: float | None, low: float | None = 0.1, high: float | None = 0.69) -> Measure:
    return Measure(value=value, low=low, high=high, n_items=20, n_annotators=5, n_pairable=100)


@pytest.mark.parametrize(
    ("measured", "without", "verdict"),
    [
        (measure(0.5), None, "spec"),
        (measure(0.5).model_copy(update={"n_items": 19}), None, "too_few"),
        (measure(0.7, high=0.8), None, "fine"),
        (measure(0.699, high=0.7), None, "unclear"),
        (measure(0.699, high=0.699), None, "spec"),
        (measure(0.5), measure(0.7), "people"),
        (measure(0.5), measure(0.699), "spec"),
        (measure(0.5), measure(None), "spec"),
        (measure(None), None, "unclear"),
        (measure(0.5, low=None), None, "unclear"),
        (measure(0.5, high=None), None, "unclear"),
    ],
)
def test_agreement_is_judged_by_the_floor_and_from_20_items_on(
    measured: Measure, without: Measure | None, verdict: str
) -> None:
    assert issues.interpret_agreement(measured, without, Policy(), "mood").verdict == verdict


def test_an_agreement_that_is_unclear_says_why() -> None:
    said = measure(None).model_copy(update={"reason": "All say the same."})

    assert issues.interpret_agreement(said, None, Policy(), "mood").why == "All say the same."
    found = issues.interpret_agreement(measure(None), None, Policy(), "mood")
    assert found.why == "The agreement has no interval."
    alone = issues.interpret_agreement(measure(0.5), measure(None), Policy(), "mood")
    assert "no distrusted annotators explain it" in alone.why


@pytest.mark.parametrize(
    ("causes", "leading"),
    [
        ({}, None),
        ({"slip": 4}, None),
        ({"slip": 5}, "slip"),
        ({"slip": 3, "perspective": 3}, "perspective"),
        ({"slip": 1, "ambiguous_data": 2, "spec_gap": 2}, "spec_gap"),
    ],
)
def test_a_cause_leads_from_five_adjudications_on(causes: Any, leading: str | None) -> None:
    assert issues.leading_cause(causes) == leading


@pytest.mark.parametrize(
    ("missed", "answered", "is_suspect"),
    [(2, 2, False), (3, 3, True), (3, 6, True), (3, 7, False), (4, 8, True), (4, 7, True)],
)
def test_gold_is_suspect_where_three_and_half_of_the_trusted_miss_it(
    missed: int, answered: int, is_suspect: bool
) -> None:
    assert issues.is_gold_disputed(missed, answered) == is_suspect


def test_confusions_are_ranked_by_their_items_then_by_their_answers() -> None:
    answers = [(UUID(int=1), "ba"), (UUID(int=2), "cb"), (UUID(int=3), "bc"), (UUID(int=4), "ca")]

    assert issues.confusions(answers) == [("b", "c", 2), ("a", "b", 1), ("a", "c", 1)]


# --- identities


def test_identities_and_samples_are_the_same_in_every_release() -> None:
    assert str(reviews.review_id("p", 7)) == "4ece61d9-87e9-5d71-af14-1e747e78193a"
    assert str(issues.issue_id("p", 2, "mood")) == "514f5997-497c-5eff-bf3f-0ae7cc5b9081"
    picked = [n for n in range(30) if reviews.is_sampled("p", UUID(int=5), n, 0.25)]
    assert picked == [4, 6, 10, 12, 14, 15, 20, 22, 26, 28]


# --- rationales


def test_groups_of_rationales_hold_all_that_was_said_in_the_same_words() -> None:
    said = [
        Rationale(UUID(int=3), "b", "slip", ("R2",)),
        Rationale(UUID(int=2), "d!", "spec_gap", ()),
        Rationale(UUID(int=1), "d", "slip", ("R1",)),
        Rationale(UUID(int=1), "d", "slip", ("R3",)),
        Rationale(UUID(int=4), "c", "slip", ()),
    ]

    groups = group_rationales(said)

    assert [(group.text, group.count) for group in groups] == [("d", 3), ("b", 1), ("c", 1)]
    assert groups[0].causes == Counter(slip=2, spec_gap=1)
    assert groups[0].rules == {"R1", "R3"}
    assert groups[0].items == {UUID(int=1), UUID(int=2)}
    assert normalized_words("ﬁne,  STRASSE") == normalized_words("Fine straße") == "fine strasse"


# --- scores


def test_a_score_says_what_was_given_and_what_was_expected() -> None:
    schema = compile_fields([MOOD, NOTE])

    found = scoring.score(schema, {"mood": "bad"}, {"note": "hm", "mood": "bad"})

    assert [(one.field, one.answer, one.expected, one.is_correct) for one in found] == [
        ("mood", "bad", "bad", True),
        ("note", None, "hm", False),
    ]


@pytest.mark.parametrize(
    ("answer", "suggested", "expected"),
    [
        ({"size": 50}, {"size": 52}, True),
        ({"size": 50}, {"size": 53}, False),
        ({"size": 50, "note": "a"}, {"size": 50}, True),
        ({"size": 50}, {"size": 50, "note": "a"}, False),
        ({"size": 50, "note": "b"}, {"size": 50, "note": "a"}, False),
        ({"size": 500}, {"size": 500}, True),
        ({"size": 100}, {"size": 101}, False),
        ({"size": 101}, {"size": 100}, False),
    ],
)
def test_an_answer_equals_a_suggestion_within_the_tolerance_where_both_are_labels(
    answer: Any, suggested: Any, expected: bool
) -> None:
    size = {"name": "size", "kind": "number", "minimum": 0, "maximum": 100, "tolerance": 2}

    assert scoring.equals(compile_fields([size, NOTE]), answer, suggested) == expected


def blind(field: dict[str, Any], golds: dict[Any, int]) -> float:
    """Return the chance level where `golds` counts the items of each gold answer."""
    schema = compile_fields([field])
    listed = [GoldCount({field["name"]: value}, count) for value, count in golds.items()]
    right, total = scoring.chance_hits(schema, listed)
    assert total == sum(golds.values())
    return right / total


def test_a_guess_at_an_open_field_is_its_commonest_gold_among_twenty_answers() -> None:
    assert blind(NOTE, {"a": 3, "b": 1}) == pytest.approx((3 + 1) / (4 + 20))
    assert blind(NOTE, {str(n): 1 for n in range(99)}) == pytest.approx(2 / (99 + 20))
    assert blind(NOTE, {str(n): 1 for n in range(100)}) == pytest.approx(2 / (100 + 20))
    assert blind(NOTE, {str(n): 1 for n in range(102)}) == pytest.approx(2 / (100 + 20))
    skewed = {**{str(n): 1 for n in range(100)}, "z": 5}
    assert blind(NOTE, skewed) == pytest.approx(6 / (5 + 99 + 20))


@pytest.mark.parametrize(("levels", "expected"), [(50, (20 + 3) / (20 + 50)), (51, 11 / 71)])
def test_up_to_50_answers_are_tried_as_the_guess_though_none_is_gold(
    levels: int, expected: float
) -> None:
    rating = {"name": "r", "kind": "rating", "minimum": 1, "maximum": levels, "tolerance": 1}

    assert blind(rating, {24: 10, 26: 10}) == pytest.approx(expected)


def test_golds_of_one_answer_are_counted_together_and_per_field() -> None:
    schema = compile_fields([MOOD, NOTE])
    golds = [GoldCount({"mood": "good"}, 2), GoldCount({"mood": "good", "note": "a"}, 3)]

    right, total = scoring.chance_hits(schema, golds)

    assert total == 5 + 3
    assert right == pytest.approx(5 * (5 + 1) / (5 + 2) + 3 * (3 + 1) / (3 + 20))


# --- shares


def test_an_interval_ends_at_its_share_where_all_or_none_are_right() -> None:
    for n in range(1, 200):
        none, every = wilson_interval(0, n), wilson_interval(n, n)
        assert (none.value, none.low, every.value, every.high) == (0, 0, 1, 1)


def test_shares_and_differences_have_these_intervals() -> None:
    """As statsmodels gives them: Wilson's of a share, Newcombe's of a difference."""
    seven, three, nothing = wilson_interval(7, 10), wilson_interval(3, 8), wilson_interval(0, 10)

    assert (seven.low, seven.high) == pytest.approx((0.39677814746114537, 0.8922087325936989))
    assert (wilson_interval(2.5, 4).value, wilson_interval(2.5, 4).n) == (0.625, 4)
    less = newcombe_interval(seven, three)
    assert (less.value, less.low, less.high) == pytest.approx(
        (0.325, -0.11530547403042757, 0.631043037954057)
    )
    least = newcombe_interval(nothing, wilson_interval(8, 8))
    assert (least.low, least.high) == pytest.approx((-1.0, -0.5730752722626347))


def test_a_difference_with_nothing_is_none() -> None:
    nothing, half = wilson_interval(0, 0), wilson_interval(1, 2)

    for found in (newcombe_interval(nothing, half), newcombe_interval(half, nothing)):
        assert (found.value, found.low, found.high) == (None, None, None)
    assert (nothing.low, nothing.high, nothing.n) == (None, None, 0)
    most = newcombe_interval(wilson_interval(9, 9), wilson_interval(0, 9))
    assert (most.value, most.high) == (1, 1)


# --- specifications


def test_a_specification_of_a_newer_release_is_read() -> None:
    facts = {
        "task_type": "t",
        "fields": [{**MOOD, "later": 1}, NOTE],
        "policy": {"later": 1, "redundancy": 4.0, "decide_fields": {"note": {"how": "subjective"}}},
    }

    spec = read_spec(json.dumps(facts))

    assert spec.policy.redundancy == 4
    assert spec.schema.check({"mood": "good"}) == []


# --- standing


def crowd(shares: list[float], n: int = 10) -> list[Tally]:
    return [Tally(str(place), "new", one * n, n) for place, one in enumerate(shares)]


@pytest.mark.parametrize(
    ("members", "blind", "low", "high"),
    [
        ([], 0.5, 0.5 + 0.25 * 0.3, 0.5 + 0.9 * 0.3),
        ([], 0.0, 0.15, 0.54),
        ([], 1.0, 0.98, 0.98),
        (crowd([0.6, 0.7, 0.8, 0.9, 1.0]), 0.4, 0.5, 0.76),
        (crowd([0.6, 0.7, 0.8, 0.9]), 0.4, 0.4 + 0.25 * 0.36, 0.4 + 0.9 * 0.36),
        (crowd([0.6, 0.7, 0.8, 0.9, 1.0], n=9), 0.4, 0.4 + 0.25 * 0.36, 0.4 + 0.9 * 0.36),
        (crowd([0.5] * 5), 0.5, 0.525, 0.59),
        (crowd([1.0] * 5), 0.9, 0.925, 0.98),
    ],
)
def test_the_bar_is_set_by_five_who_answered_ten_else_by_the_default(
    members: list[Tally], blind: float, low: float, high: float
) -> None:
    found = SprtHypotheses.from_crowd(members, blind)

    assert (found.guessing, found.working) == pytest.approx((low, high))


def test_evidence_is_the_logarithm_of_how_much_likelier_guessing_is() -> None:
    expected = 20 * log(0.575 / 0.77) + 20 * log((1 - 0.575) / (1 - 0.77))

    assert SprtHypotheses(0.575, 0.77).log_likelihood_ratio(20, 40) == pytest.approx(expected)
    assert SprtHypotheses(0.575, 0.77).log_likelihood_ratio(0, 0) == 0


@pytest.mark.parametrize(
    ("right", "n", "expected"),
    [(0, 7, "new"), (0, 8, "flagged"), (13, 13, "new"), (14, 14, "good"), (2, 8, "new")],
)
def test_a_standing_comes_with_eight_honeypots_and_evidence_of_50_to_1(
    right: int, n: int, expected: str
) -> None:
    """A right answer weighs log(0.575 / 0.77) = -0.292, a wrong one 0.614; log(50) = 3.912."""
    assert assess(Tally("a", "new", right, n), SprtHypotheses(0.575, 0.77))[0] == expected


def test_what_a_person_decided_counts_from_there() -> None:
    since = Tally("a", "flagged", 20, 40, "good", "so", 20, 32)

    assert since.counts_since_decision == (0, 8)
    assert assess(since, SprtHypotheses(0.575, 0.77))[0] == "flagged"
    suspended = Tally("a", "new", 40, 40, "suspended", "so")
    assert assess(suspended, SprtHypotheses(0.575, 0.77)) == ("suspended", "so")
