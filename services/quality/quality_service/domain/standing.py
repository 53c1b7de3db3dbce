"""Whether an annotator may be trusted in a project, as known answers tell.

Two readings of an annotator are weighed on its honeypots: it works like the typical annotator of
this project, or like somebody who guesses. The logarithm of the likelihood ratio of the two is a
sequential test (Wald): whoever works at `Bar.high` or better is *ever* flagged with probability
`RISK` at most, however many honeypots one looks at, and whoever works at `Bar.low` or worse is
ever called good with the same. There is no fixed bar: on a hard task the typical annotator is no
better than 0.64, and 0.6 would send home whole crowds.

Measured with annotators drawn at the accuracies of five real crowds (rte, bluebirds, dog, weather,
music_genre), looked at after each of 100 honeypots: of those who work at least as well as a
quarter of the way below typical, 0 to 2 % are ever flagged. Of those who work nearer to guessing
than to typical by that margin, 64 to 100 % are flagged after 20 honeypots and 83 to 100 % after
30; on bluebirds, where typical (0.64) hardly differs from guessing (0.55), 32 % after 100: there
nobody can tell, and nobody is accused.

The standing is a function of the counts alone, not of their order, so that events may come in any
order. What a person decides holds until honeypots scored after it say otherwise, and a suspension
until a person lifts it; nothing here ever suspends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log
from statistics import median

from schemas.vocabulary import Standing

HONEYPOTS_MIN = 8
"""Nobody is judged on fewer."""
CROWD_MIN = 5
"""The median of fewer annotators says nothing about what is typical."""
MEASURED_MIN = 10
"""Who answered fewer honeypots does not count towards the median."""
RISK = 0.02
TYPICAL_DEFAULT = 0.6
"""Where there is no crowd to compare with: this part of the way from guessing to perfect."""
TYPICAL_LEAST = 0.2
"""What a whole crowd of guessers would make typical is lifted to this part of the way."""
LOW, HIGH = 0.25, 0.9
"""The two readings, as parts of the way from guessing to typical."""
ACCURACY_MAX = 0.98
"""Both readings are kept below 1, where one wrong answer would decide everything."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of an annotator in a project.

    `right` sums, over its honeypots, the share of fields that were right. `decided` is what a
    person set, at the counts `right_before` and `n_before`.
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
    def judged(self) -> tuple[float, int]:
        """The counts since a person last decided."""
        return self.right - self.right_before, self.n - self.n_before


@dataclass(frozen=True, slots=True)
class Bar:
    """The accuracies of the two readings: `low` guesses, `high` works."""

    low: float
    high: float

    @classmethod
    def of(cls, crowd: Iterable[Tally], blind: float) -> "Bar":
        """The bar of a crowd, on honeypots of which a blind guess gets the share `blind`."""
        shares = [one.right / one.n for one in crowd if one.n >= MEASURED_MIN]
        room = 1.0 - blind
        typical = median(shares) if len(shares) >= CROWD_MIN else blind + TYPICAL_DEFAULT * room
        way = max(typical - blind, TYPICAL_LEAST * room)
        return cls(*(min(blind + part * way, ACCURACY_MAX) for part in (LOW, HIGH)))

    def evidence(self, right: float, n: int) -> float:
        """How much likelier the annotator guesses than works: a logarithm, negative for works."""
        wrong = n - right
        return right * log(self.low / self.high) + wrong * log((1 - self.low) / (1 - self.high))


def judge(tally: Tally, bar: Bar) -> tuple[Standing, str]:
    """The annotator's standing, and why in a sentence that tells nothing of single tasks."""
    right, n = tally.judged
    if tally.decided == "suspended" or n < HONEYPOTS_MIN:
        return tally.decided, tally.reason
    evidence = bar.evidence(right, n)
    if evidence >= -log(RISK):
        return "flagged", "Known answers were missed more often than this work excuses."
    if evidence <= log(RISK):
        return "good", "Known answers were found as often as by those who work well here."
    return tally.decided, tally.reason
