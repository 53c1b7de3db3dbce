"""The posterior against the formula that it stands for, and how models grow and are calibrated."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus_service.domain.posterior import FieldModel, calibrated, posterior, with_scores

ANSWERS = ("a", "b", "c")
THREE = FieldModel.unknown(ANSWERS)
SKEWED = replace(
    THREE,
    prevalence=(0.5, 0.3, 0.2),
    shared=((0.6, 0.3, 0.1), (0.2, 0.5, 0.3), (0.1, 0.05, 0.85)),
    annotators={"m": [[5.0, 1.0, 0.0], [2.0, 3.0, 0.0], [0.0, 0.0, 4.0]]},
    evidence={"m": 15.0},
)

answers = st.sampled_from(ANSWERS)
ballots = st.lists(st.tuples(st.sampled_from("mn"), answers), max_size=6)
scores = st.lists(st.tuples(st.sampled_from("mn"), answers, answers), max_size=9)


def bayes(model: FieldModel, votes: list[tuple[str, str]]) -> list[float]:
    """Bayes' rule with products; what the crowd has in common weighs four votes of a voter."""
    weights = []
    for true, before in enumerate(model.prevalence):
        weight = before
        for voter, answer in votes:
            own = model.annotators.get(voter, [[0.0] * 3] * 3)[true]
            place = ANSWERS.index(answer)
            weight *= (4 * model.shared[true][place] + own[place]) / (4 + sum(own))
        weights.append(weight ** (1 / model.temperature))
    return [weight / sum(weights) for weight in weights]


@given(ballots, st.sampled_from([0.5, 1.0, 2.0]))
def test_the_posterior_is_bayes_rule_with_what_is_known_of_each_voter(
    votes: list[tuple[str, str]], temperature: float
) -> None:
    model = replace(SKEWED, temperature=temperature)

    found = posterior(model, votes)

    assert tuple(found) == ANSWERS
    assert list(found.values()) == pytest.approx(bayes(model, votes), abs=1e-6)


def test_what_was_never_seen_is_improbable_and_not_impossible() -> None:
    never = replace(THREE, prevalence=(1.0, 0.0, 0.0), shared=((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1)))

    assert posterior(never, [])["b"] == pytest.approx(1e-9)
    assert posterior(never, [("n", "b")])["b"] == pytest.approx(0.5)


def test_an_answer_that_the_model_does_not_know_tells_nothing() -> None:
    votes = [("m", "a"), ("n", "b")]

    assert posterior(SKEWED, [("m", "new"), *votes]) == posterior(SKEWED, votes)


# --- what is known before anybody voted


@pytest.mark.parametrize(("k", "right", "wrong"), [(2, 0.7, 0.3), (3, 0.7, 0.15), (4, 0.7, 0.1)])
def test_of_an_unknown_crowd_seven_in_ten_answers_are_expected_to_be_right(
    k: int, right: float, wrong: float
) -> None:
    model = FieldModel.unknown(ANSWERS[:k] if k < 4 else (*ANSWERS, "d"))

    assert model.prevalence == pytest.approx((1 / k,) * k)
    for place, row in enumerate(model.shared):
        assert row == pytest.approx([right if place == n else wrong for n in range(k)])
    assert (model.annotators, model.evidence, model.temperature) == ({}, {}, 1.0)


def test_the_only_answer_is_certain() -> None:
    only = FieldModel.unknown(["a"])

    assert only.shared == ((1.0,),)
    assert posterior(only, [("m", "a")]) == {"a": 1.0}


# --- answers that a model does not know


def test_new_answers_get_what_an_unknown_crowd_is_expected_to_do() -> None:
    grown = SKEWED.with_answers(["c", "d", "e"])

    assert grown.answers == (*ANSWERS, "d", "e")
    assert grown.prevalence == pytest.approx((0.3, 0.18, 0.12, 0.2, 0.2))
    assert grown.shared[0] == pytest.approx((0.51, 0.255, 0.085, 0.075, 0.075))
    assert grown.shared[3] == pytest.approx((0.075, 0.075, 0.075, 0.7, 0.075))
    assert [sum(row) for row in grown.shared] == pytest.approx([1] * 5)
    assert len(grown.shared) == 5
    assert grown.annotators == {
        "m": [[5, 1, 0, 0, 0], [2, 3, 0, 0, 0], [0, 0, 4, 0, 0], [0] * 5, [0] * 5]
    }
    assert (grown.evidence, grown.temperature) == (SKEWED.evidence, 1.0)


def test_a_model_that_knows_every_answer_stays_as_it_is() -> None:
    assert SKEWED.with_answers(["c", "a"]) is SKEWED


# --- scores


@given(scores, st.sampled_from([1.0, -1.0]))
def test_every_score_is_one_vote_of_its_annotator_and_no_count_falls_below_none(
    answered: list[tuple[str, str, str]], sign: float
) -> None:
    model = with_scores(SKEWED, answered, sign)

    for who in "mn":
        before = SKEWED.annotators.get(who, [[0.0] * 3] * 3)
        own = model.annotators.get(who, [[0.0] * 3] * 3)
        for row, right in enumerate(ANSWERS):
            for column, said in enumerate(ANSWERS):
                count = answered.count((who, right, said))
                assert own[row][column] == max(0.0, before[row][column] + sign * count)
        count = sum(one[0] == who for one in answered)
        assert model.evidence.get(who, 0) == SKEWED.evidence.get(who, 0) + sign * count
    assert replace(model, annotators=SKEWED.annotators, evidence=SKEWED.evidence) == SKEWED
    assert SKEWED.annotators["m"][0] == [5, 1, 0], "the model itself is not changed"


@pytest.mark.parametrize("score", [("m", "new", "a"), ("m", "a", "new")])
def test_a_score_of_an_answer_that_the_model_does_not_know_is_left_out(
    score: tuple[str, str, str],
) -> None:
    assert with_scores(SKEWED, [score]) == SKEWED


def test_who_was_judged_on_as_many_votes_as_asked_is_known() -> None:
    assert not SKEWED.is_little_known(["m"], 15)
    assert SKEWED.is_little_known(["m"], 16)
    assert SKEWED.is_little_known(["m", "n"], 1), "nothing is known of n"
    assert not SKEWED.is_little_known(["n"], 0)


# --- calibration


def gold_of(right: int, wrong: int) -> list[tuple[str, list[tuple[str, str]]]]:
    """Honeypots on which both voters are right, and such on which both are wrong."""
    return [("a", [(who, said) for who in "mn"]) for said in ["a"] * right + ["b"] * wrong]


@pytest.mark.parametrize(("right", "wrong"), [(1, 0), (3, 1), (1, 1), (9, 3), (2, 5)])
def test_the_temperature_makes_gold_least_surprising_beside_a_prior(right: int, wrong: int) -> None:
    """The prior is a normal on the logarithm, of deviation 0.5 (Guo et al. 2017)."""
    gold = gold_of(right, wrong)

    def surprise(temperature: float) -> float:
        total = math.log(temperature) ** 2 / (2 * 0.5**2)
        for answer, votes in gold:
            own = [(who, answer, said) for who, said in votes]
            tempered = replace(with_scores(model, own, -1.0), temperature=temperature)
            total -= math.log(posterior(tempered, votes)[answer])
        return total

    model = with_scores(THREE, [(w, a, said) for a, votes in gold for w, said in votes])
    least = min((math.exp(n / 100) for n in range(-150, 151)), key=surprise)

    found = calibrated(model, gold)

    assert abs(math.log(found.temperature) - math.log(least)) <= 0.051
    assert replace(found, temperature=1.0) == model


@pytest.mark.parametrize(("right", "wrong", "step"), [(0, 300, 1.5), (300, 0, -1.0)])
def test_the_temperature_stays_between_its_bounds(right: int, wrong: int, step: float) -> None:
    gold = [("a", [("m", said)]) for said in ["a"] * right + ["b"] * wrong]

    assert calibrated(THREE, gold).temperature == pytest.approx(math.exp(step))


@pytest.mark.parametrize("gold", [[], [("new", [("m", "a")])], [("a", [])]])
def test_gold_that_tells_nothing_leaves_the_temperature(
    gold: list[tuple[str, list[tuple[str, str]]]],
) -> None:
    tempered = replace(SKEWED, temperature=1.7)

    assert calibrated(tempered, gold) is tempered
