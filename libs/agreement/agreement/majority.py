"""Majority vote: each item's label is the one most annotators gave; a tie stays a tie."""

from collections.abc import Hashable, Mapping

from agreement.crowd import Crowd
from agreement.fitted import fitted
from agreement.inference import Convergence, Inference
from agreement.votes import Votes

_AT_ONCE = Convergence(is_converged=True, iterations=0, change=0.0)


def majority(votes: Votes, *, gold: Mapping[Hashable, Hashable] | None = None) -> Inference:
    """Infer labels by majority; the posterior is the vote shares."""
    crowd = Crowd.of(votes, gold)
    return fitted("majority", votes, crowd, crowd.shares(), _AT_ONCE)
