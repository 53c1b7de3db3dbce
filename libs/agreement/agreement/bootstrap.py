"""Intervals by resampling items, done on sums of what each item contributes.

Every figure here is a function of sums over items. A resample only changes how often each item
enters the sums, so one replicate is one vector of weights, and a thousand of them one product.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agreement.arrays import Codes, Floats, Ints, tally
from agreement.counts import Counts
from agreement.estimate import Estimate
from agreement.votes import Votes

# Weights, sums and draws are made in blocks of about this many numbers.
_BLOCK = 1 << 20
# One binomial costs about as much as this many draws of an item.
_ROWS_PER_DRAW = 64
# Up to this many parts per item a full matrix of parts is kept.
_DENSE_CELLS = 1 << 22


class Parts(Protocol):
    """The contributions of the items to a figure, which can be weighted."""

    @property
    def width(self) -> int:
        """The number of floats that one replicate needs at once."""

    def figures(self, weights: Floats) -> Floats:
        """The figure for each row of weights (n_replicates, n_rows); nan where undefined."""


Measure = Callable[[Counts], Parts]


@dataclass(frozen=True, slots=True, eq=False)
class Additive:
    """Parts that add up: sparse cells (row, column, value), and the figure of their sums."""

    row: Ints
    column: Ints
    value: Floats
    n_rows: int
    n_columns: int
    figure: Callable[[Floats], Floats]

    @property
    def width(self) -> int:
        """The number of floats that one replicate needs at once."""
        return max(self.n_rows, self.n_columns)

    def figures(self, weights: Floats) -> Floats:
        """The figure for each row of weights (n_replicates, n_rows)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.figure(self.sums(weights))

    def sums(self, weights: Floats) -> Floats:
        """The weighted sums (n_replicates, n_columns)."""
        if self.n_rows * self.n_columns <= _DENSE_CELLS and len(weights) > 1:
            cell = self.row * self.n_columns + self.column
            full = tally(cell, self.value, self.n_rows * self.n_columns)
            return weights @ full.reshape(self.n_rows, self.n_columns)
        sums = np.empty((len(weights), self.n_columns))
        for replicate, weight in enumerate(weights):
            weighted = weight[self.row] * self.value
            sums[replicate] = tally(self.column, weighted, self.n_columns)
        return sums


def estimate(
    votes: Votes, measure: Measure, *, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> Estimate:
    """The figure with its percentile interval over `replicates` resamples of the items."""
    counts = Counts.of(votes)
    sizes = (counts.n_items, votes.n_annotators, counts.n_pairable)
    draws = Draws(replicates, seed, level)
    return estimate_counts(counts, measure, sizes, undefined(counts), draws)


@dataclass(frozen=True, slots=True)
class Draws:
    """Settings of the bootstrap: number of resamples, seed, and coverage of the interval."""

    replicates: int = 1000
    seed: int = 0
    level: float = 0.95


DEFAULT_DRAWS = Draws()


def estimate_counts(
    counts: Counts,
    measure: Measure,
    sizes: tuple[int, int, int],
    reason: str | None,
    draws: Draws,
) -> Estimate:
    """The estimate from counts, given its sizes (items, annotators, pairable votes)."""
    if reason is not None:
        return Estimate(None, None, None, *sizes, reason)
    value = point(counts, measure)
    if value is None:
        return Estimate(None, None, None, *sizes, "no disagreement is possible by chance")
    if draws.replicates <= 0:
        return Estimate(value, None, None, *sizes)
    if np.count_nonzero(counts.total > 1) < 2:
        return Estimate(value, None, None, *sizes, "one pairable item only: no interval")
    drawn = resampled(counts, measure, draws)
    low, high = percentiles(drawn, draws.level)
    reason = None if low is not None else "too few resamples are defined: no interval"
    return Estimate(value, low, high, *sizes, reason)


def undefined(counts: Counts) -> str | None:
    """Return the reason why no chance-corrected figure is defined; None if one is."""
    if not counts.n_rows:
        return "no votes"
    pairable = counts.total > 1
    if not pairable.any():
        return "no pairable item: no item has two votes"
    labels = counts.label[pairable[counts.row]]
    if (labels == labels[0]).all():
        return "no variation: one label only"
    return None


def point(counts: Counts, measure: Measure) -> float | None:
    """The figure itself, or None where it is undefined."""
    weights = counts.multiplicity.astype(np.float64)[None, :]
    value = float(measure(counts).figures(weights)[0])
    return value if np.isfinite(value) else None


def resampled(counts: Counts, measure: Measure, draws: Draws) -> Floats:
    """The figure in each resample (replicates,); nan where it is undefined there."""
    patterns = counts.patterns()
    parts = measure(patterns)
    rng = np.random.default_rng(draws.seed)
    blocks = weight_blocks(patterns.multiplicity, draws.replicates, rng, width=parts.width)
    return np.concatenate([parts.figures(weights) for weights in blocks])


def weight_blocks(
    multiplicity: Ints, replicates: int, rng: np.random.Generator, *, width: int
) -> Iterator[Floats]:
    """Yield blocks of weights (n_replicates, n_rows): how often a replicate draws each row."""
    n_items = int(multiplicity.sum())
    n_rows = len(multiplicity)
    owner = np.repeat(np.arange(n_rows, dtype=np.int32), multiplicity)
    per_block = max(1, min(replicates, _BLOCK // max(width, 1)))
    for start in range(0, replicates, per_block):
        size = min(per_block, replicates - start)
        if n_rows * _ROWS_PER_DRAW <= n_items:
            yield rng.multinomial(n_items, multiplicity / n_items, size).astype(np.float64)
        else:
            yield np.stack([_draw(owner, n_rows, rng) for _ in range(size)])


def _draw(owner: Codes, n_rows: int, rng: np.random.Generator) -> Floats:
    drawn = rng.integers(0, len(owner), len(owner), dtype=np.int32)
    rows = drawn if n_rows == len(owner) else owner[drawn]
    return np.bincount(rows, minlength=n_rows).astype(np.float64)


def percentiles(drawn: Floats, level: float) -> tuple[float | None, float | None]:
    """The middle `level` of the defined replicates; None unless most of them are defined."""
    defined = drawn[np.isfinite(drawn)]
    if 2 * len(defined) <= len(drawn):
        return None, None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
