"""Decide the standing of annotators in a project from their honeypots, by a sequential test.

Two hypotheses about an annotator are compared: it works like the typical annotator of this
project, or it guesses. The logarithm of their likelihood ratio is a sequential probability ratio
test (Wald 1945): an annotator whose accuracy is at least `SprtHypotheses.working` is *ever*
flagged with probability `ERROR_RATE` at most, however often its honeypots are tested, and one at
`SprtHypotheses.guessing` or below is ever called good with the same probability at most. The
accuracies depend on the project, because no fixed one fits all: on a hard task the typical
annotator is right in 0.64 of all cases, and a minimum of 0.6 would flag half of the crowd.

Measured with annotators drawn at the accuracies of five real crowds (rte, bluebirds, dog, weather,
music_genre), tested after each of 100 honeypots: of those who work at least as well as a quarter
of the way below typical, 0 to 2 % are ever flagged. Of those who work nearer to guessing than to
typical by that margin, 64 to 100 % are flagged after 20 honeypots and 83 to 100 % after 30. On
bluebirds, where typical (0.64) hardly differs from guessing (0.55), 32 % are flagged after 100.

The standing is a function of the counts alone, not of their order, so that events may come in any
order. A person's decision holds until honeypots scored after it contradict it, and a suspension
until a person lifts it. The test itself never suspends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log
from statistics import median
from typing import Self

from schemas.vocabulary import Standing

HONEYPOTS_MIN = 8
"""The least number of honeypots on which an annotator is judged."""
CROWD_MIN = 5
"""The least number of annotators whose median is taken as the typical accuracy."""
MEASURED_MIN = 10
"""The least number of honeypots with which an annotator counts towards the median."""
ERROR_RATE = 0.02
"""The probability of each kind of wrong result: a flag for work, or `good` for guessing."""
TYPICAL_DEFAULT = 0.6
"""The typical accuracy without a crowd, as a part of the way from chance level to 1."""
TYPICAL_MIN = 0.2
"""The least typical accuracy, as a part of that way: a crowd of guessers must not lower it."""
GUESSING, WORKING = 0.25, 0.9
"""The accuracies of the two hypotheses, as parts of the way from chance level to typical."""
ACCURACY_MAX = 0.98
"""Both accuracies are kept below 1, at which one wrong answer would decide the test."""


@dataclass(frozen=True, slots=True)
class Tally:
    """An annotator's counts of honeypots in a project, and its standing.

    `right` sums, over its `n` honeypots, the share of fields that were right. `decided` is the
    standing that a person set, at the counts `right_before` and `n_before`.
    """

    annotator: str
    standing: Standing
    right: float
    n: int
    decided: Standing = "new"
    reason: str = ""
    right_before: float = 0.0
    n_before: int = 0

    @property
    def counts_since_decision(self) -> tuple[float, int]:
        """Return (right, n) since a person last decided."""
        return self.right - self.right_before, self.n - self.n_before


@dataclass(frozen=True, slots=True)
class SprtHypotheses:
    """The accuracies of the two hypotheses of the sequential probability ratio test, in (0, 1)."""

    guessing: float
    working: float

    @classmethod
    def from_crowd(cls, crowd: Iterable[Tally], chance_level: float) -> Self:
        """Return the hypotheses for a crowd, on honeypots that a guess gets right by chance."""
        shares = [tally.right / tally.n for tally in crowd if tally.n >= MEASURED_MIN]
        room = 1.0 - chance_level
        default = chance_level + TYPICAL_DEFAULT * room
        typical = median(shares) if len(shares) >= CROWD_MIN else default
        way = max(typical - chance_level, TYPICAL_MIN * room)
        parts = (GUESSING, WORKING)
        return cls(*(min(chance_level + part * way, ACCURACY_MAX) for part in parts))

    def log_likelihood_ratio(self, right: float, n: int) -> float:
        """Return log(P(counts | guessing) / P(counts | working)); positive speaks for guessing."""
        wrong = n - right
        per_right = log(self.guessing / self.working)
        per_wrong = log((1 - self.guessing) / (1 - self.working))
        return right * per_right + wrong * per_wrong


def assess(tally: Tally, hypotheses: SprtHypotheses) -> tuple[Standing, str]:
    """Return the annotator's standing and the reason, which reveals nothing of single tasks."""
    right, n = tally.counts_since_decision
    if tally.decided == "suspended" or n < HONEYPOTS_MIN:
        return tally.decided, tally.reason
    ratio = hypotheses.log_likelihood_ratio(right, n)
    if ratio >= -log(ERROR_RATE):
        return "flagged", "Known answers were missed more often than is typical for this project."
    if ratio <= log(ERROR_RATE):
        return "good", "Known answers were found as often as is typical for this project."
    return tally.decided, tally.reason
