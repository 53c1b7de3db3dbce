"""Alpha for answers that are nearly all different (spans, boxes, texts), by a distance.

Observed disagreement is exact: only answers on the same item are compared. Expected
disagreement is over all pairs of votes, too many to compare, so it is the mean over a seeded
sample of them. The error of that sample is in the interval: each replicate weights the sampled
pairs at random as well (Rubin's Bayesian bootstrap), beside the resampled items.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from agreement.arrays import Floats, Ints
from agreement.bootstrap import Measure, Parts
from agreement.counts import Counts
from agreement.pairs import pair_disagreement

SAMPLED_PAIRS = 20_000
# Up to this many different labels every pair of them is compared.
EXACT_LABELS = 250


@dataclass(frozen=True, slots=True, eq=False)
class _Sampled:
    """Observed disagreement per row, and distances of sampled pairs (n_pairs,) with their rows."""

    observed: Floats
    pairable: Floats
    left: Ints
    right: Ints
    distance: Floats
    multiplicity: Floats
    seed: int

    @property
    def width(self) -> int:
        """The number of floats that one replicate needs at once."""
        return max(len(self.observed), len(self.distance))

    def figures(self, weights: Floats) -> Floats:
        """Return alpha for each row of weights; the observed weights get no random weights."""
        relative = weights / self.multiplicity
        random_weights = np.random.default_rng(self.seed).standard_exponential(
            (len(weights), self.width)
        )
        random_weights = random_weights[:, : len(self.distance)]
        random_weights[(weights == self.multiplicity).all(axis=1)] = 1.0
        random_weights *= relative[:, self.left] * relative[:, self.right]
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = (random_weights @ self.distance) / random_weights.sum(axis=1)
            observed = (weights @ self.observed) / (weights @ self.pairable)
            return 1 - observed / np.where(expected > 0, expected, np.nan)


def sampled_alpha(
    labels: tuple[Hashable, ...], distance: Callable[[Any, Any], float], seed: int
) -> Measure:
    """Alpha for a distance over many labels, its expected disagreement from a seeded sample."""

    def distances(first: Ints, second: Ints) -> Floats:
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        return np.asarray([float(distance(labels[a], labels[b])) for a, b in pairs])

    def measure(counts: Counts) -> Parts:
        pairable = counts.total > 1
        disagreement = pair_disagreement(counts, distances)
        left, right = _sampled_cells(counts, seed)
        observed = disagreement / np.maximum(counts.total - 1, 1)
        return _Sampled(
            np.where(pairable, observed, 0.0),
            np.where(pairable, counts.total, 0.0),
            counts.row[left],
            counts.row[right],
            distances(counts.label[left], counts.label[right]),
            counts.multiplicity.astype(np.float64),
            seed,
        )

    return measure


def _sampled_cells(counts: Counts, seed: int) -> tuple[Ints, Ints]:
    """The cells of two different pairable votes, drawn uniformly, many times.

    The votes are numbered in an order made from the rows' contents, so that the sample is the
    same however the votes were shuffled and whether or not equal rows were put together.
    """
    cells = np.flatnonzero((counts.total > 1)[counts.row])
    order = np.lexsort((counts.label[cells], counts.keys()[counts.row[cells]]))
    cells = cells[order]
    ends = np.cumsum(counts.count[cells] * counts.multiplicity[counts.row[cells]])
    n_votes = int(ends[-1])
    rng = np.random.default_rng(seed)
    first = rng.integers(0, n_votes, SAMPLED_PAIRS)
    second = rng.integers(0, n_votes - 1, SAMPLED_PAIRS)
    second += second >= first
    return (
        cells[np.searchsorted(ends, first, side="right")],
        cells[np.searchsorted(ends, second, side="right")],
    )
