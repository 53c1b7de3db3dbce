"""Prevalence and bias indices, which explain a low kappa of annotators who mostly agree.

Byrt, Bishop, Carlin, Journal of Clinical Epidemiology 46 (1993). For two annotators and "this
label or not", with a both yes, d both no, b and c the two ways to differ, n their sum:
prevalence index |a - d| / n, bias index |b - c| / n. With more than two annotators, prevalence is
taken over all pairs of votes that meet, bias over each pair of annotators, weighted by the votes
they share.
"""

from collections.abc import Callable, Hashable

import numpy as np

from agreement.arrays import Floats
from agreement.bootstrap import Additive, Draws, Measure, Parts, estimate_counts
from agreement.cohen import PairTables, answer_counts
from agreement.counts import Counts
from agreement.estimate import Estimate
from agreement.votes import Votes

_Figure = Callable[[PairTables, Floats], Floats]


def prevalence_index(
    votes: Votes, label: Hashable, *, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> Estimate:
    """Return the imbalance of the label and its absence: 0 balanced, 1 one-sided."""
    return _index(votes, label, _prevalence, (replicates, seed, level))


def bias_index(
    votes: Votes, label: Hashable, *, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> Estimate:
    """Return the difference of two annotators' rates of the label: 0 if they are equal."""
    return _index(votes, label, _bias, (replicates, seed, level))


def _prevalence(tables: PairTables, sums: Floats) -> Floats:
    signs = tables.first + tables.second - 1  # Both yes is 1, both no is -1, else 0.
    return np.asarray(np.abs(sums @ signs) / sums.sum(axis=1))


def _bias(tables: PairTables, sums: Floats) -> Floats:
    lean = tables.grouped(sums * (tables.first - tables.second), tables.owner, len(tables.pairs))
    return np.asarray(np.abs(lean).sum(axis=1) / sums.sum(axis=1))


def _index(
    votes: Votes, label: Hashable, figure: _Figure, draws: tuple[int, int, float]
) -> Estimate:
    binary = votes.against_rest(label)
    counts = answer_counts(binary)
    met = (counts.total > 1).any()
    reason = None if met else "no pairable item: no two annotators share an item"
    sizes = (votes.n_items, votes.n_annotators, votes.n_pairable)
    replicates, seed, level = draws
    return estimate_counts(counts, _measure(figure), sizes, reason, Draws(replicates, seed, level))


def _measure(figure: _Figure) -> Measure:
    def measure(counts: Counts) -> Parts:
        tables = PairTables.of(counts, 2)
        return Additive(
            tables.row,
            tables.cell,
            tables.value,
            counts.n_rows,
            len(tables.owner),
            lambda sums: figure(tables, sums),
        )

    return measure
