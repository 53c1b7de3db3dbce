"""Krippendorff's alpha for every metric.

Krippendorff, Computing Krippendorff's Alpha-Reliability (2011); Content Analysis (2004), ch. 11.
alpha = 1 - observed / expected disagreement, over the pairable votes (items with two or more). With
n_c the pairable votes of label c, n their sum, and m votes on an item, of which n_uc are c,

    observed = sum_u sum_{c,k} n_uc n_uk d(c,k) / (m_u - 1) / n
    expected = sum_{c,k} n_c n_k d(c,k) / (n (n - 1))

where d is the metric's squared difference. All of it is sums over items, except that the ordinal
metric is made from the marginals n_c themselves and so has to be redone for each resample.
"""

from collections.abc import Callable, Hashable
from typing import Any, Literal

import numpy as np

from agreement.arrays import Floats, Ints, floats, tally, used_codes
from agreement.bootstrap import Additive, Measure, Parts, estimate
from agreement.counts import Counts
from agreement.estimate import Estimate
from agreement.pairs import label_pairs, pair_disagreement
from agreement.structured import EXACT_LABELS, sampled_alpha
from agreement.votes import BadVotes, Votes, numbers

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
Distance = Callable[[Any, Any], float]

# Up to this many labels the table of their distances is kept and used exactly.
TABLE_LABELS = 1000


def krippendorff_alpha(
    votes: Votes,
    metric: Metric | Distance = "nominal",
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Krippendorff's alpha under a named metric or a distance between two labels.

    "ordinal" is Krippendorff's own metric, from the marginals, not rank weights; "interval" and
    "ratio" take the labels as numbers. A callable is symmetric, 0 for equal labels, and taken as
    the disagreement itself (Krippendorff's squared difference), so it is not squared again.
    Raises `BadVotes` where the labels are not numbers and the metric needs them.
    """
    measure = alpha_measure(votes.labels, metric, seed=seed)
    return estimate(votes, measure, replicates=replicates, seed=seed, level=level)


def alpha_measure(
    labels: tuple[Hashable, ...], metric: Metric | Distance = "nominal", *, seed: int = 0
) -> Measure:
    """Alpha as a measure over counts of these labels, for `difference` and the breakdowns."""
    if callable(metric):
        return _by_distance(labels, metric, seed)
    if metric == "nominal":
        return _nominal
    if metric == "ordinal":
        return _ordinal
    if metric not in ("interval", "ratio"):
        raise BadVotes(f"The metric {metric!r} is not nominal, ordinal, interval or ratio.")
    values = numbers(labels)
    if values is None:
        raise BadVotes(f"The {metric} metric needs labels that are finite numbers.")
    return _interval(values) if metric == "interval" else _ratio(values)


def _nominal(counts: Counts) -> Parts:
    total = counts.total
    squares = tally(counts.row, counts.count**2, counts.n_rows)
    return _by_marginals(counts, total**2 - squares, _nominal_expected)


def _nominal_expected(marginals: Floats) -> Floats:
    return floats(marginals.sum(axis=1) ** 2 - (marginals**2).sum(axis=1))


def _by_marginals(
    counts: Counts, disagreement: Floats, expected: Callable[[Floats], Floats]
) -> Parts:
    """Parts: each row's disagreement / (m - 1) in column 0, then its count of each label."""
    pairable = counts.total > 1
    cells = pairable[counts.row]
    rows = np.flatnonzero(pairable)
    observed = disagreement[rows] / (counts.total[rows] - 1)

    def figure(sums: Floats) -> Floats:
        n = sums[:, 1:].sum(axis=1)
        return floats(1 - (n - 1) * sums[:, 0] / _positive(expected(sums[:, 1:])))

    return Additive(
        np.concatenate([rows, counts.row[cells]]),
        np.concatenate([np.zeros_like(rows), counts.label[cells] + 1]),
        np.concatenate([observed, counts.count[cells]]),
        counts.n_rows,
        counts.n_labels + 1,
        figure,
    )


def _positive(expected: Floats) -> Floats:
    """Expected disagreement, nan where there is none, so that alpha is undefined there."""
    return np.where(expected > 0, expected, np.nan)


def _interval(values: Floats) -> Measure:
    """(v - w)^2 summed over pairs is 2 (m S2 - S1^2): four sums an item, for any number of labels.

    The values are centred and scaled first; alpha does not change, and the squares of far-off
    values no longer swallow their differences.
    """

    def measure(counts: Counts) -> Parts:
        scaled = _standardised(values, counts)
        return _moments(counts, scaled)

    return measure


def _standardised(values: Floats, counts: Counts) -> Floats:
    used = values[counts.label]
    centre = np.average(used, weights=counts.count) if len(used) else 0.0
    spread = float(np.max(np.abs(used - centre), initial=0.0))
    return (values - centre) / (spread if spread > 0 else 1.0)


def _moments(counts: Counts, values: Floats) -> Parts:
    pairable = counts.total > 1
    first, second = _row_moments(counts, values)
    mean = first / np.maximum(counts.total, 1)
    residual = (values[counts.label] - mean[counts.row]) ** 2 * counts.count
    # Around the item's own mean nothing cancels: m S2 - S1^2 = m * sum of squared residuals.
    within = counts.total * tally(counts.row, residual, counts.n_rows)
    observed = 2 * within[pairable] / (counts.total[pairable] - 1)
    table = np.stack([observed, counts.total[pairable], first[pairable], second[pairable]])
    rows = np.flatnonzero(pairable)
    return Additive(
        np.tile(rows, 4),
        np.repeat(np.arange(4), len(rows)),
        table.ravel(),
        counts.n_rows,
        4,
        _interval_figure,
    )


def _row_moments(counts: Counts, values: Floats) -> tuple[Floats, Floats]:
    used = values[counts.label]
    first = tally(counts.row, used * counts.count, counts.n_rows)
    second = tally(counts.row, used**2 * counts.count, counts.n_rows)
    return first, second


def _interval_figure(sums: Floats) -> Floats:
    observed, n, first, second = sums.T
    expected = 2 * (n * second - first**2)
    # What is left of a difference of equal sums is rounding, not disagreement.
    expected = np.where(expected > 1e-12 * n * second, expected, np.nan)
    return floats(1 - (n - 1) * observed / expected)


def _ordinal(counts: Counts) -> Parts:
    """d(c,k) = (r_k - r_c)^2 with r the mid-ranks of the marginals: interval on ranks.

    The ranks belong to a resample, so each row gives the votes of each label and of each pair of
    labels that meet on it; the ranks come in when the sums are known.
    """
    pairs = label_pairs(counts)
    used, pair = used_codes(pairs.first * counts.n_labels + pairs.second, counts.n_labels**2)
    first, second = np.divmod(used, counts.n_labels)
    cells = (counts.total > 1)[counts.row]
    share = pairs.times / (counts.total[pairs.row] - 1)
    n_labels = counts.n_labels

    def figure(sums: Floats) -> Floats:
        marginals = sums[:, :n_labels]
        ranks = np.cumsum(marginals, axis=1) - marginals / 2
        n = marginals.sum(axis=1)
        observed = (sums[:, n_labels:] * (ranks[:, first] - ranks[:, second]) ** 2).sum(axis=1)
        centred = ranks - (n / 2)[:, None]  # The mean mid-rank is n / 2, whatever the marginals.
        expected = 2 * n * (marginals * centred**2).sum(axis=1)
        return floats(1 - (n - 1) * observed / _positive(expected))

    return Additive(
        np.concatenate([counts.row[cells], pairs.row]),
        np.concatenate([counts.label[cells], pair + n_labels]),
        np.concatenate([counts.count[cells], share]),
        counts.n_rows,
        n_labels + len(used),
        figure,
    )


def _ratio(values: Floats) -> Measure:
    def distances(first: Ints, second: Ints) -> Floats:
        return ratio_distance(values[first], values[second])

    if len(values) <= TABLE_LABELS:
        codes = np.arange(len(values))
        return _by_table(distances(codes[:, None], codes[None, :]))
    return lambda counts: _linearised(counts, distances)


def ratio_distance(low: Floats, high: Floats) -> Floats:
    """((a - b) / (a + b))^2, which is 0 where a + b is."""
    total = low + high
    return floats(np.where(total == 0, 0.0, (low - high) / np.where(total == 0, 1.0, total)) ** 2)


def _by_table(table: Floats) -> Measure:
    """Alpha for distances given as a symmetric table (n_labels, n_labels)."""

    def expected(marginals: Floats) -> Floats:
        return floats(np.einsum("bc,bc->b", marginals @ table, marginals))

    def measure(counts: Counts) -> Parts:
        disagreement = pair_disagreement(counts, lambda first, second: table[first, second])
        return _by_marginals(counts, disagreement, expected)

    return measure


def _linearised(counts: Counts, distances: Callable[[Ints, Ints], Floats]) -> Parts:
    """Alpha with thousands of different labels: exact in its value, linear in a resample.

    n'Dn of a resample is taken as 2 n_b'Dn - n'Dn, whose error is of second order in the change
    of the marginals; at the observed votes it is n'Dn itself.
    """
    pairable = counts.total > 1
    cells = pairable[counts.row]
    weight = counts.count * counts.multiplicity[counts.row]
    marginals = tally(counts.label[cells], weight[cells], counts.n_labels)
    codes = np.arange(counts.n_labels)
    weighted = np.asarray([float(distances(np.asarray(c), codes) @ marginals) for c in codes])
    base = float(marginals @ weighted)
    linear = tally(counts.row, counts.count * weighted[counts.label], counts.n_rows)
    disagreement = pair_disagreement(counts, distances)
    rows = np.flatnonzero(pairable)
    observed = disagreement[rows] / (counts.total[rows] - 1)

    def figure(sums: Floats) -> Floats:
        observed, n, linear_sum = sums.T
        # A resample may leave the number of pairable votes changed; the base scales with it.
        scale = n / marginals.sum()
        expected = 2 * scale * linear_sum - scale**2 * base
        return floats(1 - (n - 1) * observed / _positive(expected))

    columns = np.repeat(np.arange(3), len(rows))
    values = np.concatenate([observed, counts.total[rows], linear[rows]])
    return Additive(np.tile(rows, 3), columns, values, counts.n_rows, 3, figure)


def _by_distance(labels: tuple[Hashable, ...], distance: Distance, seed: int) -> Measure:
    if len(labels) <= EXACT_LABELS:
        table = [[float(distance(first, second)) for second in labels] for first in labels]
        return _by_table(np.asarray(table))
    return sampled_alpha(labels, distance, seed)
