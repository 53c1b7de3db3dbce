"""The state of a stream for alpha under a metric other than nominal.

The ordinal metric depends on the marginals, so pairs of labels on the same item are counted in
whole numbers and weighted when read. Under any other distance the sums of distances are floats,
kept with their rounding errors (Neumaier 1974).
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from itertools import combinations
from typing import Protocol

import numpy as np

from agreement.alpha import Distance, Metric, ratio_distance
from agreement.arrays import Array, Floats
from agreement.structured import EXACT_LABELS, SAMPLED_PAIRS
from agreement.votes import BadVotes, natural_order, numbers

Marginals = Mapping[Hashable, int]


class Disagreement(Protocol):
    """The disagreement seen so far, by number of votes on an item."""

    def move(self, table: Mapping[Hashable, int], m: int, sign: int) -> None:
        """Count an item's labels in (1) or out (-1) among the items of m votes."""

    def read(self, marginals: Marginals, scale: tuple[Hashable, ...] | None) -> tuple[float, float]:
        """Observed disagreement, and expected disagreement times n (n - 1)."""


def disagreement_for(metric: Metric | Distance) -> Disagreement | None:
    """Return an empty state for a metric; None for the nominal one, which needs no more."""
    if metric == "nominal":
        return None
    if metric == "ordinal":
        return _MetPairs()
    return _Summed(metric)


class _MetPairs:
    """The number of times two labels occurred on the same item, for the ordinal metric."""

    __slots__ = ("_met",)

    def __init__(self) -> None:
        self._met: defaultdict[int, defaultdict[tuple[Hashable, Hashable], int]] = defaultdict(
            lambda: defaultdict(int)
        )

    def move(self, table: Mapping[Hashable, int], m: int, sign: int) -> None:
        met = self._met[m]
        for (first, n), (second, k) in combinations(table.items(), 2):
            met[first, second] += sign * 2 * n * k

    def read(self, marginals: Marginals, scale: tuple[Hashable, ...] | None) -> tuple[float, float]:
        n = sum(marginals.values())
        ranks, below = {}, 0.0
        for label in scale or natural_order(tuple(marginals)):
            ranks[label] = below + marginals.get(label, 0) / 2
            below += marginals.get(label, 0)
        observed = sum(
            sum(
                times * (ranks[first] - ranks[second]) ** 2
                for (first, second), times in met.items()
                if times
            )
            / (m - 1)
            for m, met in self._met.items()
            if m > 1
        )
        squares = sum(count * (ranks[label] - n / 2) ** 2 for label, count in marginals.items())
        return observed, 2 * n * squares


class _Summed:
    """Summed distances of the answers that met, for any distance between two labels."""

    __slots__ = ("_metric", "_numbers", "_sums")

    def __init__(self, metric: Metric | Distance) -> None:
        if not callable(metric) and metric not in ("interval", "ratio"):
            raise BadVotes(f"The metric {metric!r} is not nominal, ordinal, interval or ratio.")
        self._metric = metric
        self._numbers: dict[Hashable, float] = {}
        self._sums: defaultdict[int, _Sum] = defaultdict(_Sum)

    def move(self, table: Mapping[Hashable, int], m: int, sign: int) -> None:
        total = 0.0
        for (first, n), (second, k) in combinations(table.items(), 2):
            total += 2 * n * k * self._between(first, second)
        self._sums[m].add(sign * total)

    def read(
        self,
        marginals: Marginals,
        scale: tuple[Hashable, ...] | None,  # noqa: ARG002
    ) -> tuple[float, float]:
        observed = sum(kept.value / (m - 1) for m, kept in self._sums.items() if m > 1)
        counts = np.asarray(list(marginals.values()), dtype=np.float64)
        if callable(self._metric):
            return observed, _expected_by_distance(tuple(marginals), counts, self._metric)
        values = numbers(marginals)
        if values is None:
            raise BadVotes(f"The {self._metric} metric needs labels that are finite numbers.")
        if self._metric == "ratio":
            lines = (counts @ ratio_distance(value, values) for value in values)
            return observed, float(counts @ np.fromiter(lines, np.float64, len(values)))
        around = values - np.average(values, weights=counts)
        return observed, float(2 * counts.sum() * (counts @ around**2))

    def _between(self, first: Hashable, second: Hashable) -> float:
        if callable(self._metric):
            return float(self._metric(first, second))
        low, high = self._number(first), self._number(second)
        if self._metric == "interval":
            return (low - high) ** 2
        return ((low - high) / (low + high)) ** 2 if low + high else 0.0

    def _number(self, label: Hashable) -> float:
        known = self._numbers.get(label)
        if known is None:
            values = numbers((label,))
            if values is None:
                raise BadVotes(f"The {self._metric} metric needs labels that are finite numbers.")
            known = self._numbers[label] = float(values[0])
        return known


class _Sum:
    """A sum of floats with the rounding error carried beside it."""

    __slots__ = ("_lost", "_total")

    def __init__(self) -> None:
        self._total = 0.0
        self._lost = 0.0

    def add(self, term: float) -> None:
        """Add a term."""
        total = self._total + term
        if abs(self._total) >= abs(term):
            self._lost += (self._total - total) + term
        else:
            self._lost += (term - total) + self._total
        self._total = total

    @property
    def value(self) -> float:
        """The sum."""
        return self._total + self._lost


def _expected_by_distance(
    labels: tuple[Hashable, ...], counts: Floats, distance: Distance
) -> float:
    """The sum over all ordered pairs of votes; from a sample of them if the labels are many."""
    if len(labels) <= EXACT_LABELS:
        table = [[distance(first, second) for second in labels] for first in labels]
        return float(counts @ np.asarray(table, dtype=np.float64) @ counts)
    # The sample must not depend on the order in which the labels came.
    order: Array = np.asarray(sorted(range(len(labels)), key=lambda code: str(labels[code])))
    ends, n = np.cumsum(counts[order]), int(counts.sum())
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, n, SAMPLED_PAIRS), rng.integers(0, n - 1, SAMPLED_PAIRS)
    second += second >= first
    places = (order[np.searchsorted(ends, votes, side="right")] for votes in (first, second))
    pairs = zip(*(place.tolist() for place in places), strict=True)
    return n * (n - 1) * float(np.mean([distance(labels[a], labels[b]) for a, b in pairs]))
