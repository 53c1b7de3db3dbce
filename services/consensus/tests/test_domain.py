"""The promises of the policy and of the posterior, for every vote there can be."""

from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus_service.domain import (
    Asked,
    Conflict,
    Decided,
    FieldModel,
    Vote,
    Wait,
    WantsMore,
    calibrated,
    judge,
    posterior,
    skips,
    with_scores,
)
from labels import compile_fields
from schemas.vocabulary import Decide, Policy, Skip, SkipReason

ANSWERS = ("a", "b", "c")
LABELS = compile_fields([{"name": "x", "kind": "choice", "options": list(ANSWERS)}])
NUMBERS = compile_fields(
    [{"name": "x", "kind": "number", "minimum": 0, "maximum": 100, "tolerance": 5}]
)
UNKNOWN = {"x": FieldModel.unknown(ANSWERS)}

answers = st.sampled_from(ANSWERS)
ballots = st.lists(answers, min_size=1, max_size=9)
rules = st.sampled_from(
    [
        {"how": "unanimous"},
        {"how": "share", "threshold": 0.7},
        {"how": "posterior", "threshold": 0.9},
    ]
)


def votes(given: list[Any], *, counts: bool = True) -> list[Vote]:
    return [Vote(UUID(int=n), f"{n:032x}", {"x": one}, counts) for n, one in enumerate(given)]


def policy(rule: Any = None, **more: Any) -> Policy:
    return Policy.model_validate({"decide": rule or {"how": "unanimous"}, **more})


def decide(given: list[str], rule: Any, asked: Asked | None = None, **more: Any) -> Any:
    asked = asked or Asked(len(given), len(given))
    return judge(votes(given), policy(rule, **more), LABELS, asked, UNKNOWN)


@given(ballots, rules)
def test_something_follows_and_it_says_why(given: list[str], rule: Any) -> None:
    outcome = decide(given, rule)

    assert isinstance(outcome, Decided | Conflict)
    assert outcome.why


@given(ballots, rules, st.randoms(use_true_random=False))
def test_the_order_and_the_names_of_the_voters_do_not_matter(
    given: list[str], rule: Any, chance: Any
) -> None:
    shuffled = list(given)
    chance.shuffle(shuffled)
    first, second = decide(given, rule), decide(shuffled, rule)

    assert type(first) is type(second)
    if isinstance(first, Decided):
        assert first.label == second.label
        assert first.confidence == pytest.approx(second.confidence)


@given(ballots, rules)
def test_renaming_the_answers_renames_the_label(given: list[str], rule: Any) -> None:
    renamed = {"a": "b", "b": "c", "c": "a"}
    first, second = decide(given, rule), decide([renamed[one] for one in given], rule)

    assert type(first) is type(second)
    if isinstance(first, Decided):
        assert renamed[str(first.label["x"])] == second.label["x"]


@given(answers, st.integers(3, 9), rules)
def test_unanimity_gives_that_label(answer: str, n: int, rule: Any) -> None:
    outcome = decide([answer] * n, rule)

    assert isinstance(outcome, Decided)
    assert outcome.label == {"x": answer}


@given(ballots, rules)
def test_one_more_vote_for_the_winner_never_dethrones_it(given: list[str], rule: Any) -> None:
    outcome = decide(given, rule)
    if isinstance(outcome, Decided):
        again = decide([*given, str(outcome.label["x"])], rule)

        assert isinstance(again, Decided)
        assert again.label == outcome.label


@given(ballots, st.integers(1, 12), st.integers(1, 12), rules)
def test_more_is_asked_for_only_up_to_the_maximum(
    given: list[str], target: int, more: int, rule: Any
) -> None:
    maximum = target + more
    outcome = decide(given, rule, Asked(target, maximum))

    if isinstance(outcome, WantsMore):
        assert len(given) < outcome.target <= maximum
    if isinstance(outcome, Wait):
        assert len(given) < target


def test_a_vote_that_does_not_count_decides_nothing() -> None:
    outcome = judge(votes(["a", "a"], counts=False), policy(), LABELS, Asked(1, 3), UNKNOWN)

    assert isinstance(outcome, Wait)


def test_numbers_within_the_tolerance_say_the_same_and_a_chain_does_not_join_its_ends() -> None:
    near = judge(votes([50, 53, 48]), policy(), NUMBERS, Asked(3, 3), {})
    chain = judge(votes([40, 45, 50]), policy(), NUMBERS, Asked(3, 3), {})
    apart = judge(votes([10, 15, 20, 25]), policy(), NUMBERS, Asked(4, 4), {})

    assert isinstance(near, Decided)
    assert near.label == {"x": 50}
    assert isinstance(chain, Decided), "both are within 5 of the middle one"
    assert isinstance(apart, Conflict)


def test_a_subjective_field_keeps_its_distribution_and_has_no_winner() -> None:
    outcome = decide(["a", "b", "b"], {"how": "subjective"})

    assert isinstance(outcome, Decided)
    assert (outcome.how, outcome.label) == ("distribution", {})
    assert outcome.distribution["x"] == {"b": pytest.approx(2 / 3), "a": pytest.approx(1 / 3)}


def test_a_tie_is_never_decided_by_share() -> None:
    assert isinstance(decide(["a", "b"], {"how": "share", "threshold": 0.5}), Conflict)


def test_while_voters_are_little_known_there_is_a_floor_of_votes() -> None:
    sure = {"how": "posterior", "threshold": 0.6}
    scores = [(f"{n:032x}", answer, answer) for n in range(2) for answer in ANSWERS * 7]
    known = {"x": with_scores(UNKNOWN["x"], scores)}

    little = judge(votes(["a", "a"]), policy(sure), LABELS, Asked(2, 5), UNKNOWN)
    much = judge(votes(["a", "a"]), policy(sure), LABELS, Asked(2, 5), known)

    assert isinstance(little, WantsMore)
    assert "little known" in little.why
    assert isinstance(much, Decided)


def test_a_voter_known_to_be_right_outweighs_two_known_to_guess() -> None:
    good = [(f"{0:032x}", answer, answer) for answer in ANSWERS * 20]
    spam = [(f"{n:032x}", right, said) for n in (1, 2) for right in ANSWERS * 8 for said in ANSWERS]
    models = {"x": with_scores(UNKNOWN["x"], good + spam)}

    outcome = judge(
        votes(["a", "b", "b"]),
        policy({"how": "posterior", "threshold": 0.9}),
        LABELS,
        Asked(3, 3),
        models,
    )

    assert isinstance(outcome, Decided)
    assert outcome.label == {"x": "a"}


@given(st.lists(st.tuples(st.sampled_from("mnop"), answers), max_size=9))
def test_posteriors_sum_to_one(given: list[tuple[str, str]]) -> None:
    model = with_scores(UNKNOWN["x"], [("m", "a", "a"), ("n", "a", "b"), ("n", "b", "b")])

    assert sum(posterior(model, given).values()) == pytest.approx(1)


@given(ballots)
def test_equal_voters_reduce_to_the_majority(given: list[str]) -> None:
    probable = posterior(UNKNOWN["x"], [(str(n), one) for n, one in enumerate(given)])
    counts = {answer: given.count(answer) for answer in ANSWERS}

    for one in ANSWERS:
        for other in ANSWERS:
            if counts[one] > counts[other]:
                assert probable[one] > probable[other]


def test_scores_taken_back_out_leave_the_model_as_it_was() -> None:
    before = with_scores(UNKNOWN["x"], [("m", "a", "a"), ("m", "b", "a")])
    after = with_scores(with_scores(before, [("m", "c", "b")]), [("m", "c", "b")], -1.0)

    assert after.annotators["m"] == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert after.evidence["m"] == before.evidence["m"]


def test_calibration_cools_a_model_that_was_too_sure() -> None:
    """Voters who look perfect on little, and are wrong on a third of the gold."""
    model = with_scores(UNKNOWN["x"], [(who, one, one) for who in "mno" for one in ANSWERS * 30])
    gold = [("a", [(who, "a" if n % 3 else "b") for who in "mno"]) for n in range(30)]

    cooled = calibrated(model, gold)

    assert cooled.temperature > 1.5
    assert calibrated(model, []).temperature == 1.0


@given(st.lists(st.sampled_from(get_args(SkipReason)), max_size=8), ballots)
def test_a_task_is_skipped_up_to_the_bound_and_never_beyond(reasons: Any, given: list[str]) -> None:
    skipped = [Skip(reason=reason) for reason in reasons]

    outcome = judge(
        votes(given), policy(skips_max=4), LABELS, Asked(len(given) + 1, 20, skipped), UNKNOWN
    )

    assert isinstance(outcome, Conflict) == (len(skipped) >= 4)
    if isinstance(outcome, Conflict):
        assert outcome.raised_by == "skips"
        assert all(f"{skipped.count(one)} say" in outcome.why for one in skipped)


@given(st.lists(st.tuples(answers, answers).filter(lambda two: two[0] != two[1]), max_size=6))
def test_a_pair_of_labels_is_one_in_either_order(given: list[tuple[str, str]]) -> None:
    skipped = [Skip(reason="two_labels_fit", labels=[{"x": one}, {"x": two}]) for one, two in given]
    turned = [one.model_copy(update={"labels": one.labels[::-1]}) for one in skipped[::-1]]

    found = skips.pairs(skipped)

    assert found == skips.pairs(turned)
    assert sum(count for _, count in found) == len(given)
    assert len(found) == len({frozenset(two) for two in given})


def test_a_sentence_says_between_what_people_hesitated_as_far_as_the_spec_knows() -> None:
    fields = [{"name": name, "kind": "text", "required": False} for name in ("a", "b")]
    long = {"a": "x" * 100, "b": "same"}
    skipped = Skip(reason="two_labels_fit", labels=[long, {"b": "same"}])
    odd = Skip(reason="two_labels_fit", labels=[{"x": "a"}, {"x": "no answer"}])

    told = skips.sentence([skipped], compile_fields(fields))

    assert told == (
        f"It was skipped by 1 annotator: 1 says that two labels fit (a: {'x' * 39}… or none)."
    )
    assert skips.sentence([odd], LABELS).endswith("1 says that two labels fit.")


def test_what_is_told_of_skips_fits_into_an_event() -> None:
    many = [Skip(reason="other", note="ü" * 9000) for _ in range(100)]

    told = skips.told(many)

    assert [one.reason for one in told] == ["other"] * 100
    assert len(b"".join(one.model_dump_json().encode() for one in told)) < 300_000
    assert [one.note is None for one in told] == [n >= 14 for n in range(100)]
    assert skips.told(many[:3]) == many[:3]


# --- fields that are left out


@pytest.mark.parametrize("how", ["unanimous", "share", "posterior"])
@pytest.mark.parametrize("blanks", [2, 4])
def test_a_field_that_most_leave_blank_is_never_decided_by_the_one_who_does_not(
    how: Any, blanks: int
) -> None:
    fields = [{"name": "label", "kind": "choice", "options": ["a", "b"], "required": False}]
    labels_ = compile_fields(fields)
    known = {"label": FieldModel.unknown(["a", "b"])}
    said = [{}] * blanks + [{"label": "a"}]
    votes = [Vote(UUID(int=n), f"w{n}", label, True) for n, label in enumerate(said, 1)]
    policy = Policy(decide=Decide(how=how, threshold=0.6), votes_floor=1, known_after=0)
    asked = Asked(len(votes), len(votes))

    outcome = judge(votes, policy, labels_, asked, known)

    assert not isinstance(outcome, Decided) or outcome.label == {}
    assert isinstance(outcome, Conflict) or how != "unanimous"


# --- labels of several fields, and the bounds of asking


TWO = compile_fields(
    [
        {"name": "x", "kind": "choice", "options": list(ANSWERS)},
        {"name": "y", "kind": "choice", "options": list(ANSWERS)},
    ]
)


def outcome_of(
    said: list[dict[str, str]], maximum: int, labels_: Any = LABELS, models: int = 0, **policy: Any
) -> Any:
    """Judge these answers of people, beside `models` answers that do not count."""
    people = [Vote(UUID(int=n), f"w{n}", label, True) for n, label in enumerate(said, 1)]
    others = [Vote(UUID(int=99 - n), f"m{n}", {"x": "a"}, False) for n in range(models)]
    asked = Asked(len(people), maximum)
    return judge([*people, *others], Policy.model_validate(policy), labels_, asked, {})


def test_a_label_of_two_fields_is_as_sure_as_its_least_sure_field() -> None:
    said = [{"x": "a", "y": "a"}, {"x": "a", "y": "a"}, {"x": "a", "y": "b"}]

    decided = outcome_of(said, 3, TWO, decide={"how": "share", "threshold": 0.6})

    assert isinstance(decided, Decided)
    assert decided.label == {"x": "a", "y": "a"}
    assert decided.confidence == pytest.approx(2 / 3)
    assert decided.how == "share"


def test_a_conflict_of_two_fields_names_the_one_that_is_not_settled() -> None:
    said = [{"x": "a", "y": "a"}, {"x": "a", "y": "b"}]

    found = outcome_of(said, 2, TWO, decide={"how": "unanimous"})

    assert isinstance(found, Conflict)
    assert found.fields == ("y",)


def test_fields_may_be_decided_in_different_ways() -> None:
    said = [{"x": "a", "y": "a"}, {"x": "a", "y": "b"}]

    decided = outcome_of(
        said, 2, TWO, decide={"how": "unanimous"}, decide_fields={"y": {"how": "subjective"}}
    )

    assert isinstance(decided, Decided)
    assert decided.label == {"x": "a"}
    assert decided.distribution["y"] == {"a": 0.5, "b": 0.5}


def test_nobody_is_asked_in_vain() -> None:
    said = [{"x": answer} for answer in ANSWERS]

    found = outcome_of(said, 4, decide={"how": "share", "threshold": 0.6})

    assert isinstance(found, Conflict)


@given(
    said=st.lists(answers, min_size=1, max_size=6),
    more=st.integers(0, 4),
    threshold=st.floats(0.5, 1.0),
)
def test_more_is_asked_exactly_while_the_best_case_could_settle_it(
    said: list[str], more: int, threshold: float
) -> None:
    found = outcome_of(
        [{"x": answer} for answer in said],
        len(said) + more,
        decide={"how": "share", "threshold": threshold},
    )

    top = max(said.count(answer) for answer in ANSWERS)
    could = more > 0 and (top + more) / (len(said) + more) >= threshold
    assert isinstance(found, Decided | WantsMore) or not could
    assert not isinstance(found, WantsMore) or could


def test_answers_that_do_not_count_leave_room_for_those_that_do() -> None:
    said = [{"x": "a"}, {"x": "b"}]

    found = outcome_of(said, 3, models=2, decide={"how": "share", "threshold": 0.66})

    assert isinstance(found, WantsMore)


def test_the_floor_of_votes_is_no_higher_than_the_maximum() -> None:
    decided = outcome_of(
        [{"x": "a"}] * 3, 3, votes_floor=9, decide={"how": "posterior", "threshold": 0.6}
    )

    assert isinstance(decided, Decided)
    assert decided.label == {"x": "a"}
