"""The recipes for policies decide as their descriptions say."""

from uuid import UUID

import pytest

from consensus_service.domain.policy import (
    Conflict,
    Decided,
    NeedsVotes,
    Outcome,
    Redundancy,
    apply_policy,
)
from consensus_service.domain.votes import Vote
from labels import compile_fields
from labels.specs.templates import recipe
from schemas.vocabulary import Policy

FIELDS = compile_fields([{"name": "mood", "kind": "choice", "options": ["good", "bad", "odd"]}])


def outcome(name: str, *moods: str, target: int | None = None) -> Outcome:
    """Return the outcome of these answers under the policy of a recipe."""
    policy = Policy.model_validate(recipe(name).policy)
    redundancy = Redundancy(target or policy.redundancy, policy.redundancy_max)
    votes = [
        Vote(UUID(int=place), f"{place:032x}", {"mood": mood}) for place, mood in enumerate(moods)
    ]
    return apply_policy(votes, policy, FIELDS, redundancy, {})


@pytest.mark.parametrize("name", ["majority-of-three", "two-and-a-tie-breaker"])
def test_two_decide_or_a_third_is_asked_and_two_of_three_decide(name: str) -> None:
    agreed = outcome(name, "good", "good")
    differs = outcome(name, "good", "bad")
    settled = outcome(name, "good", "bad", "good", target=3)
    all_differ = outcome(name, "good", "bad", "odd", target=3)

    assert isinstance(agreed, Decided)
    assert isinstance(differs, NeedsVotes)
    assert differs.target == 3
    assert isinstance(settled, Decided)
    assert settled.label == {"mood": "good"}
    assert "2 of 3 say the same" in settled.why
    assert isinstance(all_differ, Conflict)


def test_strict_makes_every_disagreement_a_conflict() -> None:
    assert isinstance(outcome("strict-with-an-adjudicator", "good", "good"), Decided)
    assert isinstance(outcome("strict-with-an-adjudicator", "good", "bad"), Conflict)


def test_subjective_keeps_the_distribution() -> None:
    found = outcome("subjective", "good", "bad", "bad", "odd", "bad")

    assert isinstance(found, Decided)
    assert found.how == "distribution"
    assert found.label == {}
    assert found.distribution["mood"] == {"bad": 0.6, "good": 0.2, "odd": 0.2}


def test_one_decides_outside_the_sample_and_two_of_three_in_it() -> None:
    alone = outcome("one-with-a-sample", "good", target=1)
    sampled = outcome("one-with-a-sample", "good", "bad", "good")

    assert isinstance(alone, Decided)
    assert isinstance(sampled, Decided)
