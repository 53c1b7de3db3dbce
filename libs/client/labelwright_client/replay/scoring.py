"""The accuracy of labels, measured in four ways. Pure.

A number is correct within the tolerance, every other label if it equals gold. The accuracy of
nothing is None, not 0.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from labelwright_client.replay.scale import Value

SLACK = 1e-9

VotesByItem = Mapping[str, Sequence[Value]]
"""The accepted votes by item."""


@dataclass(frozen=True, slots=True)
class Score:
    """A share of correct labels, and the number of labels that it is the share of."""

    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The accuracy of the same items, labeled in four ways."""

    undisputed: Score
    """Labels that the annotators decided without the expert."""
    with_expert: Score
    """All decided labels; the expert knows the gold."""
    majority: Score
    """The majority of the accepted votes; a tie counts by its share."""
    single: Score
    """One vote per item, as in a spreadsheet: the mean share of correct votes."""


def score(
    gold: Mapping[str, Value],
    decided: Mapping[str, Value],
    by_expert: Collection[str],
    votes_by_item: VotesByItem,
    tolerance: float | None,
) -> Accuracy:
    """Return the accuracies on the items with gold. `tolerance` is for numbers only, else None."""
    voted = {item: votes for item, votes in votes_by_item.items() if item in gold and votes}
    alone = {item: label for item, label in decided.items() if item not in by_expert}
    return Accuracy(
        undisputed=_labels(gold, alone, tolerance),
        with_expert=_labels(gold, decided, tolerance),
        majority=_mean([majority(votes, gold[item], tolerance) for item, votes in voted.items()]),
        single=_mean([single(votes, gold[item], tolerance) for item, votes in voted.items()]),
    )


def is_right(label: Value, gold: Value, tolerance: float | None) -> bool:
    """Return True if a label counts as correct."""
    if tolerance is None:
        return label == gold
    return abs(float(label) - float(gold)) <= tolerance + SLACK * max(1.0, tolerance)


def majority(votes: Sequence[Value], gold: Value, tolerance: float | None) -> float:
    """Return 1 if the most frequent vote is correct, its share if it is tied, else 0.

    The median of numbers is used in place of the most frequent vote.
    """
    if tolerance is not None:
        return float(is_right(median(map(float, votes)), gold, tolerance))
    counts = Counter(votes)
    most = max(counts.values())
    tied = [label for label, count in counts.items() if count == most]
    return (gold in tied) / len(tied)


def single(votes: Sequence[Value], gold: Value, tolerance: float | None) -> float:
    """Return the probability that a vote drawn at random is correct."""
    return fmean(is_right(vote, gold, tolerance) for vote in votes)


def _labels(
    gold: Mapping[str, Value], labels: Mapping[str, Value], tolerance: float | None
) -> Score:
    return _mean(
        [
            float(is_right(label, gold[item], tolerance))
            for item, label in labels.items()
            if item in gold
        ]
    )


def _mean(values: Sequence[float]) -> Score:
    return Score(fmean(values) if values else None, len(values))
