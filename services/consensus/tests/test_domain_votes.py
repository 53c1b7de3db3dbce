"""Groups of votes, samples of them, and sentences about skips."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus_service.domain import sampling, skips
from consensus_service.domain.policy import (
    Conflict,
    Decided,
    NeedsVotes,
    Pending,
    Redundancy,
    apply_policy,
)
from consensus_service.domain.posterior import FieldModel, posterior, with_scores
from consensus_service.domain.votes import FieldVotes, Vote
from labels import compile_fields
from schemas.vocabulary import Policy, Skip

CHOICE = compile_fields(
    [{"name": "x", "kind": "choice", "options": ["a", "b", "c"], "required": False}]
)
NUMBER = compile_fields([{"name": "x", "kind": "number", "tolerance": 5, "required": False}])
OPEN = compile_fields([{"name": "x", "kind": "text"}])


def votes(*said: Any) -> list[Vote]:
    """A vote for each answer; None leaves the field out."""
    labels = [{} if one is None else {"x": one} for one in said]
    return [Vote(UUID(int=n), f"v{n}", label) for n, label in enumerate(labels)]


def field_votes(*said: Any, labels: Any = CHOICE) -> FieldVotes:
    return FieldVotes.of(labels.field("x"), votes(*said))


# --- field votes


def test_groups_are_largest_first_and_equals_in_the_order_of_their_text() -> None:
    found = field_votes("b", "c", "a", "b", "a")

    assert [found.value(place) for place in range(3)] == ["a", "b", "c"]
    assert [found.share(place) for place in range(3)] == [0.4, 0.4, 0.2]
    assert (found.n, found.is_tied, found.share()) == (5, True, 0.4)
    assert found.distribution() == {"a": 0.4, "b": 0.4, "c": 0.2}
    assert [vote.annotator for vote in found.groups[0]] == ["v2", "v4"]


def test_only_two_groups_as_large_as_each_other_tie() -> None:
    assert not field_votes("a", "a").is_tied
    assert not field_votes("a", "a", "b").is_tied
    assert field_votes("a", "b").is_tied


def test_votes_are_grouped_in_the_order_of_their_ids() -> None:
    answered = votes("a", "a")

    found = FieldVotes.of(CHOICE.field("x"), answered[::-1])

    assert [list(group) for group in found.groups] == [answered]


def test_leaving_a_field_out_is_an_answer_that_equals_no_other() -> None:
    for labels in (CHOICE, NUMBER):
        answered = "a" if labels is CHOICE else 0
        found = field_votes(None, answered, None, labels=labels)
        assert (found.share(), found.value(), found.value(1)) == (2 / 3, None, answered)
        assert list(found.distribution()) == ["", "a" if labels is CHOICE else "0"]


def test_the_answer_that_most_others_equal_gathers_them() -> None:
    found = field_votes(0, 5, 10, 10, 30, labels=NUMBER)

    assert [len(group) for group in found.groups] == [4, 1]
    assert found.distribution() == {"0": 0.8, "30": 0.2}, "by the first of their texts"
    assert found.value(1) == 30


# --- samples


@dataclass
class Sampled:
    prelabel: str = "none"
    metadata: dict[str, object] = field(default_factory=dict)


def test_whoever_saw_a_suggestion_is_anchored_and_all_others_are_independent() -> None:
    seen = [Sampled(prelabel) for prelabel in ("none", "shown", "hidden")]

    assert sampling.independent(seen) == [seen[0], seen[2]]
    assert sampling.anchored(seen) == [seen[1]]


def test_the_20_commonest_values_are_told_apart() -> None:
    rare = [Sampled(metadata={"k": f"v{n:02}"}) for n in range(21)]
    sample = [*rare, rare[20], Sampled(), Sampled(metadata={"k": None})]

    found = sampling.slices(sample, "k")

    assert list(found) == ["v20", *[f"v{n:02}" for n in range(19)]]
    assert found["v20"] == [rare[20], rare[20]]


def test_values_that_share_200_characters_are_one() -> None:
    sample = [Sampled(metadata={"k": "x" * length}) for length in (199, 200, 201)]

    assert [len(key) for key in sampling.slices(sample, "k")] == [200, 199]


# --- skips


def skip(reason: Any, *pair: Any) -> Skip:
    return Skip(reason=reason, labels=[{"x": one} for one in pair])


def test_reasons_are_told_with_the_most_frequent_first() -> None:
    answered = [skip("other"), skip("bad_data"), skip("not_my_skill"), skip("bad_data")]

    assert list(skips.reasons(answered).items()) == [
        ("bad_data", 2),
        ("not_my_skill", 1),
        ("other", 1),
    ]


def test_pairs_are_ranked_by_how_often_they_were_named_then_by_their_text() -> None:
    two = "two_labels_fit"
    answered = [skip(two, "b", "c"), skip(two, "c", "a"), skip(two, "c", "b"), skip(two, "b", "a")]

    assert skips.pairs([*answered, skip(two)]) == [
        (({"x": "b"}, {"x": "c"}), 2),
        (({"x": "a"}, {"x": "b"}), 1),
        (({"x": "a"}, {"x": "c"}), 1),
    ]


def test_a_sentence_names_the_commonest_pair_and_how_many_more_there_are() -> None:
    two = "two_labels_fit"
    answered = [skip(two, "a", "b"), skip(two, "b", "a"), skip(two, "b", "c"), skip("other")]

    assert skips.sentence(answered, CHOICE) == (
        "It was skipped by 4 annotators: 3 say that two labels fit (x: a or b; 1 more),"
        " 1 says that something else is wrong."
    )
    assert skips.sentence(answered[:1], CHOICE).endswith("two labels fit (x: a or b).")
    assert skips.sentence([skip("other")], CHOICE).startswith("It was skipped by 1 annotator:")
    left_out = Skip(reason="two_labels_fit", labels=[{}, {"x": "a"}])
    assert skips.sentence([left_out], CHOICE).endswith("(x: a or none).")


@pytest.mark.parametrize("pair", [("a", "no answer"), ("no answer", "a")])
def test_a_pair_that_the_specification_does_not_accept_is_not_told(pair: tuple[str, str]) -> None:
    assert skips.sentence([skip("two_labels_fit", *pair)], CHOICE).endswith("two labels fit.")


def test_an_answer_of_more_than_40_characters_is_cut_to_40() -> None:
    text = skips.sentence([skip("two_labels_fit", "x" * 40, "y" * 41)], OPEN)

    assert text.endswith(f"(x: {'x' * 40} or {'y' * 39}…).")


def test_an_event_tells_262144_bytes_of_skips_and_of_the_rest_the_reasons() -> None:
    bare = len(Skip(reason="other", note="").model_dump_json())
    whole = Skip(reason="other", note="x" * (262_144 - bare))
    larger = Skip(reason="other", note="x" * (262_145 - bare))
    small, none = Skip(reason="other", note="y"), Skip(reason="other")

    assert skips.for_event([whole, small]) == [whole, none]
    assert skips.for_event([larger, small]) == [none, small]


# --- decisions, at their bounds


def decide(*said: Any, maximum: int = 9, labels: Any = CHOICE, **policy: Any) -> Any:
    redundancy = Redundancy(1, maximum)
    return apply_policy(votes(*said), Policy.model_validate(policy), labels, redundancy, {})


def test_votes_are_waited_for_up_to_the_target() -> None:
    policy = Policy.model_validate({"decide": {"how": "unanimous"}})

    waits = apply_policy(votes("a"), policy, CHOICE, Redundancy(2, 3), {})
    decided = apply_policy(votes("a", "a"), policy, CHOICE, Redundancy(2, 3), {})

    assert waits == Pending("1 of 2 votes have arrived.")
    assert isinstance(decided, Decided)
    assert (decided.how, decided.confidence, decided.why) == ("unanimous", 1.0, "x: all 2 agree.")


def test_skips_without_votes_are_a_conflict_without_a_distribution() -> None:
    policy = Policy(skips_max=2)
    redundancy = Redundancy(1, 3, [skip("other")] * 2)

    nothing = apply_policy([], policy, CHOICE, redundancy, {})
    something = apply_policy(votes("a"), policy, CHOICE, redundancy, {})

    assert isinstance(nothing, Conflict)
    assert (nothing.fields, nothing.distribution, nothing.raised_by) == (("x",), {}, "skips")
    assert isinstance(something, Conflict)
    assert something.distribution == {"x": {"a": 1.0}}


def test_a_share_settles_at_its_threshold_and_not_by_a_tie() -> None:
    share = {"how": "share", "threshold": 0.75}

    exactly = decide("a", "a", "a", "b", decide=share)
    below = decide("a", "a", "b", decide=share)
    tied = decide("a", "b", maximum=3, decide={"how": "share", "threshold": 0.5})

    assert isinstance(exactly, Decided)
    assert (exactly.confidence, exactly.how) == (0.75, "share")
    assert below == NeedsVotes(4, "x: 2 of 3 say the same (67%), 75% is required.")
    assert isinstance(tied, NeedsVotes)


def test_more_is_asked_while_the_best_case_reaches_the_threshold_exactly() -> None:
    share = {"how": "share", "threshold": 0.75}

    assert isinstance(decide("a", "b", maximum=4, decide=share), NeedsVotes)
    assert isinstance(decide("a", "b", maximum=3, decide=share), Conflict)


def test_a_share_that_all_give_was_decided_unanimously() -> None:
    decided = decide("a", "a", decide={"how": "share", "threshold": 0.6})

    assert (decided.how, decided.confidence) == ("unanimous", 1.0)


def test_more_votes_than_the_maximum_leave_none_to_ask_for() -> None:
    found = decide("a", "a", "b", maximum=1, decide={"how": "share", "threshold": 0.7})

    assert isinstance(found, Conflict)
    assert (found.fields, found.raised_by) == (("x",), "votes")
    assert found.distribution == {"x": {"a": 2 / 3, "b": 1 / 3}}


def test_where_all_must_agree_a_second_answer_is_a_conflict_at_once() -> None:
    found = decide("a", "a", "b", decide={"how": "unanimous"})

    assert isinstance(found, Conflict)
    assert found.why == "x: 2 of 3 agree, all must."


def by_posterior(*said: Any, model: FieldModel, threshold: float, floor: int = 1) -> Any:
    rule = {"how": "posterior", "threshold": threshold}
    policy = Policy.model_validate({"decide": rule, "votes_floor": floor, "known_after": 5})
    return apply_policy(votes(*said), policy, CHOICE, Redundancy(1, 9), {"x": model})


def test_the_most_probable_answer_leads_whoever_is_more() -> None:
    known = FieldModel.unknown(["a", "b", "c"])
    expert = [("v0", answer, answer) for answer in "abc" * 30]
    guesses = [(who, right, said) for who in ("v1", "v2") for right in "abc" for said in "abc" * 8]
    model = with_scores(known, expert + guesses)

    found = by_posterior("b", "a", "a", model=model, threshold=0.8)

    assert isinstance(found, Decided)
    assert (found.label, found.how) == ({"x": "b"}, "posterior")
    assert found.distribution == {"x": {"a": 2 / 3, "b": 1 / 3}}
    expected = posterior(model.with_answers([]), [("v0", "b"), ("v1", "a"), ("v2", "a")])["b"]
    assert found.confidence == pytest.approx(expected)
    assert list(found.distribution["x"]) == ["b", "a"], "the leading answer comes first"


def test_a_probability_settles_at_its_threshold() -> None:
    model = FieldModel.unknown(["a", "b", "c"])
    exactly = posterior(model, [("v0", "a"), ("v1", "a")])["a"]

    assert isinstance(by_posterior("a", "a", model=model, threshold=exactly), Decided)
    more = by_posterior("a", "a", model=model, threshold=exactly + 1e-9)
    assert isinstance(more, NeedsVotes)
    assert (more.target, "of 2 votes" in more.why) == (3, True)


def test_the_floor_of_votes_holds_for_the_little_known_alone() -> None:
    model = FieldModel.unknown(["a", "b", "c"])
    known = with_scores(model, [(who, a, a) for who in ("v0", "v1") for a in "abcab"])

    below = by_posterior("a", "a", model=model, threshold=0.6, floor=3)
    assert isinstance(below, NeedsVotes)
    assert "at least 3 votes are needed" in below.why
    assert isinstance(by_posterior("a", "a", "a", model=model, threshold=0.6, floor=3), Decided)
    assert isinstance(by_posterior("a", "a", model=known, threshold=0.6, floor=3), Decided)


@given(st.lists(st.sampled_from(["x", "y"]), min_size=3, max_size=5))
def test_an_open_field_has_the_answers_that_were_given(said: list[str]) -> None:
    rule = {"how": "posterior", "threshold": 0.5}

    found = decide(*said, labels=OPEN, decide=rule)

    answered = sorted(set(said))
    expected = posterior(
        FieldModel.unknown(answered), [(str(n), one) for n, one in enumerate(said)]
    )
    assert isinstance(found, Decided)
    assert found.confidence == pytest.approx(max(expected.values()))
