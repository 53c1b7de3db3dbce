"""Truth inference by the name of a method."""

from collections.abc import Hashable, Mapping
from typing import Literal

from agreement.averaging import average
from agreement.bayes import AnnotatorPrior, Kind, bayes
from agreement.dawid_skene import dawid_skene, one_coin
from agreement.glad import glad
from agreement.inference import Inference
from agreement.mace import mace
from agreement.majority import majority
from agreement.votes import BadVotes, Votes
from agreement.weighted import weighted

Method = Literal[
    "average", "bayes", "majority", "weighted", "one-coin", "dawid-skene", "glad", "mace"
]
METHODS: tuple[Method, ...] = (
    "average",
    "bayes",
    "majority",
    "weighted",
    "one-coin",
    "dawid-skene",
    "glad",
    "mace",
)


def infer(
    votes: Votes,
    method: Method = "bayes",
    *,
    kind: Kind = "nominal",
    gold: Mapping[Hashable, Hashable] | None = None,
    priors: Mapping[Hashable, AnnotatorPrior] | None = None,
    seed: int = 0,
) -> Inference:
    """Infer the label of each item and the reliability of each annotator.

    `gold` gives the known labels of some items: every method takes them as certain and uses them
    as evidence about the annotators; "average" weighs models by them, and equals "bayes" without
    any. `priors` are for "bayes" alone, `kind` for "bayes" and "average", `seed` for "mace", the
    only random method. Raises `BadVotes` for priors with another method.
    """
    if method == "bayes":
        return bayes(votes, kind=kind, gold=gold, priors=priors)
    if priors:
        raise BadVotes(f"The method {method} has no use for priors about annotators; bayes has.")
    if method == "average":
        return average(votes, gold=gold, kind=kind).inference
    if method == "mace":
        return mace(votes, gold=gold, seed=seed)
    methods = {
        "majority": majority,
        "weighted": weighted,
        "one-coin": one_coin,
        "dawid-skene": dawid_skene,
        "glad": glad,
    }
    if method not in methods:
        raise BadVotes(f"The method {method!r} is not one of {', '.join(METHODS)}.")
    return methods[method](votes, gold=gold)
