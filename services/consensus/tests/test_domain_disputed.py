"""Disputed items: simpler models of the annotators prefer another answer."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus_service.domain.policy import (
    Conflict,
    Decided,
    NeedsVotes,
    Redundancy,
    apply_policy,
)
from consensus_service.domain.posterior import FieldModel, is_disputed, with_scores
from consensus_service.domain.votes import Vote
from labels import compile_fields
from schemas.vocabulary import Policy

ANSWERS = ("a", "b", "c")
LABELS = compile_fields([{"name": "x", "kind": "choice", "options": list(ANSWERS)}])
UNKNOWN = {"x": FieldModel.unknown(ANSWERS)}

answers = st.sampled_from(ANSWERS)


def votes(voted: list[str]) -> list[Vote]:
    return [
        Vote(UUID(int=n), f"{n:032x}", {"x": answer}, standing="new")
        for n, answer in enumerate(voted)
    ]


def policy(rule: Any) -> Policy:
    return Policy.model_validate({"decide": rule})


def biased_models() -> dict[str, FieldModel]:
    """Return models with two annotators who answer `b` where `a` is correct, and know the rest."""
    scores = [
        (f"{n:032x}", correct, "b" if correct == "a" else correct)
        for n in (0, 1)
        for correct in ANSWERS * 20
    ]
    return {"x": with_scores(UNKNOWN["x"], scores)}


@pytest.mark.parametrize(("disputed", "expected"), [("decide", Decided), ("adjudicate", Conflict)])
def test_a_disputed_item_goes_to_an_adjudicator_where_the_policy_says_so(
    disputed: str, expected: type
) -> None:
    rule = {"how": "posterior", "threshold": 0.7, "disputed": disputed}

    outcome = apply_policy(
        votes(["b", "b", "a"]), policy(rule), LABELS, Redundancy(3, 9), biased_models()
    )

    assert isinstance(outcome, expected)
    assert outcome.distribution == {"x": {"a": pytest.approx(1 / 3), "b": pytest.approx(2 / 3)}}
    assert ("simpler models" in outcome.why) == (disputed == "adjudicate")


def test_an_item_is_not_disputed_where_the_models_agree_or_the_answer_is_uncertain() -> None:
    rule = {"how": "posterior", "threshold": 0.9, "disputed": "adjudicate"}

    agreed = apply_policy(
        votes(["c", "c", "c"]), policy(rule), LABELS, Redundancy(3, 9), biased_models()
    )
    uncertain = apply_policy(
        votes(["b", "c", "a"]), policy(rule), LABELS, Redundancy(3, 9), UNKNOWN
    )

    assert isinstance(agreed, Decided)
    assert isinstance(uncertain, NeedsVotes)


@given(st.lists(st.tuples(st.sampled_from("mnop"), answers), max_size=9))
def test_without_evidence_about_annotators_no_item_is_disputed(voted: list[Any]) -> None:
    assert not is_disputed(UNKNOWN["x"], voted)
