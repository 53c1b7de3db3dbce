"""Distrusted annotators, and agreement with and without them.

If agreement rises when a few annotators are left out, the annotators are at fault; if it does not,
the items or the guidelines are.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from agreement.alpha import Distance, Metric
from agreement.bootstrap import DEFAULT_DRAWS, Draws
from agreement.breakdown import agreement
from agreement.estimate import Estimate
from agreement.inference import Inference
from agreement.statistics import Statistic
from agreement.votes import Votes


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A figure for all annotators and for those who are trusted."""

    everyone: Estimate
    trusted: Estimate
    distrusted: tuple[Hashable, ...]
    share_of_votes_out: float


def distrusted(inference: Inference, *, level: float = 0.9) -> tuple[Hashable, ...]:
    """Return the annotators who are credibly nearer to chance than to the median annotator.

    The threshold is halfway between chance and the median annotator, since a hard task lowers the
    accuracy of good annotators; an annotator is below it if the whole interval is. Gold that the
    inference used is part of the evidence.
    """
    found = [known for known in inference.reliability(level) if known.n_votes > 0]
    if not found:
        return ()
    chance = 1 / max(len(inference.label_names), 1)
    threshold = (chance + float(np.median([known.accuracy for known in found]))) / 2
    return tuple(known.annotator for known in found if known.high < threshold)


def with_and_without(
    votes: Votes,
    annotators: Iterable[Hashable],
    statistic: Statistic = "krippendorff_alpha",
    metric: Metric | Distance = "nominal",
    *,
    draws: Draws = DEFAULT_DRAWS,
) -> SideBySide:
    """The figure for everyone and without the given annotators."""
    out = tuple(annotators)
    kept = votes.without(out)
    everyone, trusted = (
        agreement(
            side,
            statistic,
            metric,
            replicates=draws.replicates,
            seed=draws.seed,
            level=draws.level,
        )
        for side in (votes, kept)
    )
    share = 1 - len(kept) / len(votes) if len(votes) else 0.0
    return SideBySide(everyone, trusted, out, share)
