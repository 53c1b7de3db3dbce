"""Properties of the decision policy, the posterior and the skips, for generated votes."""

from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus_service.domain import skips
from consensus_service.domain.policy import (
    Conflict,
    Decided,
    NeedsVotes,
    Pending,
    Redundancy,
    apply_policy,
)
from consensus_service.domain.posterior import FieldModel, calibrated, posterior, with_scores
from consensus_service.domain.votes import Vote
from labels import compile_fields
from schemas.vocabulary import Decide, Policy, Skip, SkipReason

ANSWERS = ("a", "b", "c")
LABELS = compile_fields([{"name": "x", "kind": "choice", "options": list(ANSWERS)}])
NUMBERS = compile_fields(
    [{"name": "x", "kind": "number", "minimum": 0, "maximum": 100, "tolerance": 5}]
)
UNKNOWN = {"x": FieldModel.unknown(ANSWERS)}

answers = st.sampled_from(ANSWERS)
answer_lists = st.lists(answers, min_size=1, max_size=9)
rules = st.sampled_from(
    [
        {"how": "unanimous"},
        {"how": "share", "threshold": 0.7},
        {"how": "posterior", "threshold": 0.9},
    ]
)


def votes(voted: list[Any], standing: str = "new") -> list[Vote]:
    return [
        Vote(UUID(int=n), f"{n:032x}", {"x": answer}, standing=standing)
        for n, answer in enumerate(voted)
    ]


def policy(rule: Any = None, **more: Any) -> Policy:
    return Policy.model_validate({"decide": rule or {"how": "unanimous"}, **more})


def decide(voted: list[str], rule: Any, redundancy: Redundancy | None = None, **more: Any) -> Any:
    redundancy = redundancy or Redundancy(len(voted), len(voted))
    return apply_policy(votes(voted), policy(rule, **more), LABELS, redundancy, UNKNOWN)


@given(answer_lists, rules)
def test_every_outcome_has_a_reason(voted: list[str], rule: Any) -> None:
    outcome = decide(voted, rule)

    assert isinstance(outcome, Decided | Conflict)
    assert outcome.why


@given(answer_lists, rules, st.randoms(use_true_random=False))
def test_the_order_of_the_votes_does_not_matter(voted: list[str], rule: Any, chance: Any) -> None:
    shuffled = list(voted)
    chance.shuffle(shuffled)
    first, second = decide(voted, rule), decide(shuffled, rule)

    assert type(first) is type(second)
    if isinstance(first, Decided):
        assert first.label == second.label
        assert first.confidence == pytest.approx(second.confidence)


@given(answer_lists, rules)
def test_renaming_the_answers_renames_the_label(voted: list[str], rule: Any) -> None:
    renamed = {"a": "b", "b": "c", "c": "a"}
    first, second = decide(voted, rule), decide([renamed[answer] for answer in voted], rule)

    assert type(first) is type(second)
    if isinstance(first, Decided):
        assert renamed[str(first.label["x"])] == second.label["x"]


@given(answers, st.integers(3, 9), rules)
def test_unanimity_gives_that_label(answer: str, n: int, rule: Any) -> None:
    outcome = decide([answer] * n, rule)

    assert isinstance(outcome, Decided)
    assert outcome.label == {"x": answer}


@given(answer_lists, rules)
def test_one_more_vote_for_the_decided_answer_does_not_change_it(
    voted: list[str], rule: Any
) -> None:
    outcome = decide(voted, rule)
    if isinstance(outcome, Decided):
        again = decide([*voted, str(outcome.label["x"])], rule)

        assert isinstance(again, Decided)
        assert again.label == outcome.label


@given(answer_lists, st.integers(1, 12), st.integers(1, 12), rules)
def test_votes_are_requested_only_up_to_the_maximum(
    voted: list[str], target: int, more: int, rule: Any
) -> None:
    maximum = target + more
    outcome = decide(voted, rule, Redundancy(target, maximum))

    if isinstance(outcome, NeedsVotes):
        assert len(voted) < outcome.target <= maximum
    if isinstance(outcome, Pending):
        assert len(voted) < target


def test_a_vote_that_does_not_count_decides_nothing() -> None:
    outcome = apply_policy(
        votes(["a", "a"], standing="suspended"), policy(), LABELS, Redundancy(1, 3), UNKNOWN
    )

    assert isinstance(outcome, Pending)


def test_numbers_within_the_tolerance_are_equal_and_a_chain_does_not_join_its_ends() -> None:
    near = apply_policy(votes([50, 53, 48]), policy(), NUMBERS, Redundancy(3, 3), {})
    chain = apply_policy(votes([40, 45, 50]), policy(), NUMBERS, Redundancy(3, 3), {})
    apart = apply_policy(votes([10, 15, 20, 25]), policy(), NUMBERS, Redundancy(4, 4), {})

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


def test_little_known_voters_need_at_least_the_floor_of_votes() -> None:
    sure = {"how": "posterior", "threshold": 0.6}
    scores = [(f"{n:032x}", answer, answer) for n in range(2) for answer in ANSWERS * 7]
    known = {"x": with_scores(UNKNOWN["x"], scores)}

    little = apply_policy(votes(["a", "a"]), policy(sure), LABELS, Redundancy(2, 5), UNKNOWN)
    much = apply_policy(votes(["a", "a"]), policy(sure), LABELS, Redundancy(2, 5), known)

    assert isinstance(little, NeedsVotes)
    assert "little known" in little.why
    assert isinstance(much, Decided)


def test_a_voter_known_to_be_right_outweighs_two_known_to_guess() -> None:
    good = [(f"{0:032x}", answer, answer) for answer in ANSWERS * 20]
    spam = [
        (f"{n:032x}", gold, answer) for n in (1, 2) for gold in ANSWERS * 8 for answer in ANSWERS
    ]
    models = {"x": with_scores(UNKNOWN["x"], good + spam)}

    outcome = apply_policy(
        votes(["a", "b", "b"]),
        policy({"how": "posterior", "threshold": 0.9}),
        LABELS,
        Redundancy(3, 3),
        models,
    )

    assert isinstance(outcome, Decided)
    assert outcome.label == {"x": "a"}


@given(st.lists(st.tuples(st.sampled_from("mnop"), answers), max_size=9))
def test_posteriors_sum_to_one(voted: list[tuple[str, str]]) -> None:
    model = with_scores(UNKNOWN["x"], [("m", "a", "a"), ("n", "a", "b"), ("n", "b", "b")])

    assert sum(posterior(model, voted).values()) == pytest.approx(1)


@given(answer_lists)
def test_equal_voters_reduce_to_the_majority(voted: list[str]) -> None:
    probable = posterior(UNKNOWN["x"], [(str(n), answer) for n, answer in enumerate(voted)])
    counts = {answer: voted.count(answer) for answer in ANSWERS}

    for one in ANSWERS:
        for other in ANSWERS:
            if counts[one] > counts[other]:
                assert probable[one] > probable[other]


def test_removing_scores_restores_the_model() -> None:
    before = with_scores(UNKNOWN["x"], [("m", "a", "a"), ("m", "b", "a")])
    after = with_scores(with_scores(before, [("m", "c", "b")]), [("m", "c", "b")], -1.0)

    assert after.annotators["m"] == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert after.evidence["m"] == before.evidence["m"]


def test_calibration_raises_the_temperature_of_an_overconfident_model() -> None:
    """The voters have perfect scores, but are wrong on a third of the gold."""
    model = with_scores(
        UNKNOWN["x"], [(name, gold, gold) for name in "mno" for gold in ANSWERS * 30]
    )
    gold = [("a", [(name, "a" if n % 3 else "b") for name in "mno"]) for n in range(30)]

    cooled = calibrated(model, gold)

    assert cooled.temperature > 1.5
    assert calibrated(model, []).temperature == 1.0


@given(st.lists(st.sampled_from(get_args(SkipReason)), max_size=8), answer_lists)
def test_a_task_is_skipped_up_to_the_bound_and_never_beyond(reasons: Any, voted: list[str]) -> None:
    skipped = [Skip(reason=reason) for reason in reasons]

    outcome = apply_policy(
        votes(voted), policy(skips_max=4), LABELS, Redundancy(len(voted) + 1, 20, skipped), UNKNOWN
    )

    assert isinstance(outcome, Conflict) == (len(skipped) >= 4)
    if isinstance(outcome, Conflict):
        assert outcome.raised_by == "skips"
        assert all(f"{skipped.count(skip)} say" in outcome.why for skip in skipped)


@given(st.lists(st.tuples(answers, answers).filter(lambda two: two[0] != two[1]), max_size=6))
def test_a_pair_of_labels_is_one_in_either_order(voted: list[tuple[str, str]]) -> None:
    skipped = [Skip(reason="two_labels_fit", labels=[{"x": one}, {"x": two}]) for one, two in voted]
    turned = [skip.model_copy(update={"labels": skip.labels[::-1]}) for skip in skipped[::-1]]

    found = skips.pairs(skipped)

    assert found == skips.pairs(turned)
    assert sum(count for _, count in found) == len(voted)
    assert len(found) == len({frozenset(two) for two in voted})


def test_the_sentence_names_the_fields_in_which_the_two_labels_differ() -> None:
    fields = [{"name": name, "kind": "text", "required": False} for name in ("a", "b")]
    long = {"a": "x" * 100, "b": "same"}
    skipped = Skip(reason="two_labels_fit", labels=[long, {"b": "same"}])
    odd = Skip(reason="two_labels_fit", labels=[{"x": "a"}, {"x": "no answer"}])

    text = skips.sentence([skipped], compile_fields(fields))

    assert text == (
        f"It was skipped by 1 annotator: 1 says that two labels fit (a: {'x' * 39}… or none)."
    )
    assert skips.sentence([odd], LABELS).endswith("1 says that two labels fit.")


def test_the_skips_in_an_event_fit_into_a_message() -> None:
    many = [Skip(reason="other", note="ü" * 9000) for _ in range(100)]

    cut = skips.for_event(many)

    assert [skip.reason for skip in cut] == ["other"] * 100
    assert len(b"".join(skip.model_dump_json().encode() for skip in cut)) < 300_000
    assert [skip.note is None for skip in cut] == [n >= 14 for n in range(100)]
    assert skips.for_event(many[:3]) == many[:3]


# --- Fields that are left out


@pytest.mark.parametrize("how", ["unanimous", "share", "posterior"])
@pytest.mark.parametrize("blanks", [2, 4])
def test_a_field_that_most_leave_blank_is_not_decided_by_the_one_answer(
    how: Any, blanks: int
) -> None:
    fields = [{"name": "label", "kind": "choice", "options": ["a", "b"], "required": False}]
    labels_ = compile_fields(fields)
    known = {"label": FieldModel.unknown(["a", "b"])}
    voted = [{}] * blanks + [{"label": "a"}]
    votes = [Vote(UUID(int=n), f"w{n}", label) for n, label in enumerate(voted, 1)]
    policy = Policy(decide=Decide(how=how, threshold=0.6), votes_floor=1, known_after=0)
    redundancy = Redundancy(len(votes), len(votes))

    outcome = apply_policy(votes, policy, labels_, redundancy, known)

    assert not isinstance(outcome, Decided) or outcome.label == {}
    assert isinstance(outcome, Conflict) or how != "unanimous"


# --- Labels of several fields, and limits of redundancy


TWO = compile_fields(
    [
        {"name": "x", "kind": "choice", "options": list(ANSWERS)},
        {"name": "y", "kind": "choice", "options": list(ANSWERS)},
    ]
)


def outcome_of(
    voted: list[dict[str, str]], maximum: int, labels_: Any = LABELS, models: int = 0, **policy: Any
) -> Any:
    """Apply the policy to these labels of people, and to `models` labels that do not count."""
    people = [Vote(UUID(int=n), f"w{n}", label) for n, label in enumerate(voted, 1)]
    others = [Vote(UUID(int=99 - n), f"m{n}", {"x": "a"}, "model") for n in range(models)]
    redundancy = Redundancy(len(people), maximum)
    return apply_policy([*people, *others], Policy.model_validate(policy), labels_, redundancy, {})


def test_a_label_of_two_fields_is_as_sure_as_its_least_sure_field() -> None:
    voted = [{"x": "a", "y": "a"}, {"x": "a", "y": "a"}, {"x": "a", "y": "b"}]

    decided = outcome_of(voted, 3, TWO, decide={"how": "share", "threshold": 0.6})

    assert isinstance(decided, Decided)
    assert decided.label == {"x": "a", "y": "a"}
    assert decided.confidence == pytest.approx(2 / 3)
    assert decided.how == "share"


def test_a_conflict_of_two_fields_names_the_one_that_is_not_settled() -> None:
    voted = [{"x": "a", "y": "a"}, {"x": "a", "y": "b"}]

    found = outcome_of(voted, 2, TWO, decide={"how": "unanimous"})

    assert isinstance(found, Conflict)
    assert found.fields == ("y",)


def test_fields_may_be_decided_in_different_ways() -> None:
    voted = [{"x": "a", "y": "a"}, {"x": "a", "y": "b"}]

    decided = outcome_of(
        voted, 2, TWO, decide={"how": "unanimous"}, decide_fields={"y": {"how": "subjective"}}
    )

    assert isinstance(decided, Decided)
    assert decided.label == {"x": "a"}
    assert decided.distribution["y"] == {"a": 0.5, "b": 0.5}


def test_no_vote_is_requested_that_cannot_settle_the_field() -> None:
    voted = [{"x": answer} for answer in ANSWERS]

    found = outcome_of(voted, 4, decide={"how": "share", "threshold": 0.6})

    assert isinstance(found, Conflict)


@given(
    voted=st.lists(answers, min_size=1, max_size=6),
    more=st.integers(0, 4),
    threshold=st.floats(0.5, 1.0),
)
def test_votes_are_requested_exactly_while_the_best_case_could_settle_it(
    voted: list[str], more: int, threshold: float
) -> None:
    found = outcome_of(
        [{"x": answer} for answer in voted],
        len(voted) + more,
        decide={"how": "share", "threshold": threshold},
    )

    top = max(voted.count(answer) for answer in ANSWERS)
    could = more > 0 and (top + more) / (len(voted) + more) >= threshold
    assert isinstance(found, Decided | NeedsVotes) or not could
    assert not isinstance(found, NeedsVotes) or could


def test_answers_that_do_not_count_leave_room_for_those_that_do() -> None:
    voted = [{"x": "a"}, {"x": "b"}]

    found = outcome_of(voted, 3, models=2, decide={"how": "share", "threshold": 0.66})

    assert isinstance(found, NeedsVotes)


def test_the_floor_of_votes_is_no_higher_than_the_maximum() -> None:
    decided = outcome_of(
        [{"x": "a"}] * 3, 3, votes_floor=9, decide={"how": "posterior", "threshold": 0.6}
    )

    assert isinstance(decided, Decided)
    assert decided.label == {"x": "a"}
