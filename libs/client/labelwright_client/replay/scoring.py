"""How often labels are right, said in the four ways that a reader will compare. Pure.

A number is right within the tolerance; everything else if it is the same. Where nothing can be
counted the accuracy is None, never 0.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from labelwright_client.replay.scale import Value

SLACK = 1e-9

Given = Mapping[str, Sequence[Value]]
"""The votes that were given, by item."""


@dataclass(frozen=True, slots=True)
class Score:
    """A share of right labels, and of how many."""

    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The same items, labeled in four ways."""

    undisputed: Score
    """Labels that the annotators agreed on; the expert had no part in them."""
    with_expert: Score
    """All decided labels; the expert knows the gold."""
    majority: Score
    """The majority of the votes given; a tie is right by its share."""
    single: Score
    """One vote for each item, as in a spreadsheet: the mean share of right votes."""


def score(
    gold: Mapping[str, Value],
    decided: Mapping[str, Value],
    by_expert: Collection[str],
    given: Given,
    tolerance: float | None,
) -> Accuracy:
    """The accuracies on the items with gold. `tolerance` is None unless labels are numbers."""
    voted = {item: votes for item, votes in given.items() if item in gold and votes}
    alone = {item: label for item, label in decided.items() if item not in by_expert}
    return Accuracy(
        undisputed=_labels(gold, alone, tolerance),
        with_expert=_labels(gold, decided, tolerance),
        majority=_mean([majority(votes, gold[item], tolerance) for item, votes in voted.items()]),
        single=_mean([single(votes, gold[item], tolerance) for item, votes in voted.items()]),
    )


def is_right(label: Value, gold: Value, tolerance: float | None) -> bool:
    """Whether a label counts as right."""
    if tolerance is None:
        return label == gold
    return abs(float(label) - float(gold)) <= tolerance + SLACK * max(1.0, tolerance)


def majority(votes: Sequence[Value], gold: Value, tolerance: float | None) -> float:
    """1 if the most frequent vote is right, a share if it is tied. Of numbers the median counts."""
    if tolerance is not None:
        return float(is_right(median(map(float, votes)), gold, tolerance))
    counts = Counter(votes)
    most = max(counts.values())
    tied = [label for label, count in counts.items() if count == most]
    return (gold in tied) / len(tied)


def single(votes: Sequence[Value], gold: Value, tolerance: float | None) -> float:
    """The chance that one of the votes, drawn blindly, is right."""
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
