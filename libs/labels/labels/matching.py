"""Optimal one-to-one matching of the parts of two answers, such as their spans or boxes."""

from collections.abc import Callable, Sequence
from math import fsum
from typing import TypeVar

Part = TypeVar("Part", bound=tuple[object, ...])
Overlap = Callable[[Part, Part], float]
"""The overlap of two parts in [0, 1]: 1 for equal parts, 0 for parts that share nothing.

It must be a Jaccard index (of the sets of labeled positions that the parts cover)."""


def matched_distance(
    first: frozenset[Part], second: frozenset[Part], overlap: Overlap[Part]
) -> float:
    """Return 1 - 2S / (n + m), where S is the largest total overlap of any one-to-one pairing.

    In [0, 1]; 0 if, and only if, the two are equal; 1 if nothing overlaps. With overlaps of 0 and
    1 only this is 1 - F1. Equal parts are paired first: since 1 - Jaccard satisfies the triangle
    inequality, no other pairing has a larger total overlap.
    """
    if not first and not second:
        return 0.0
    common = len(first & second)
    left, right = sorted(first - second), sorted(second - first)
    shared = fsum(share for _, _, share in best_pairs(left, right, overlap))
    return 1.0 - 2.0 * (common + shared) / (len(first) + len(second))


def best_pairs(
    first: Sequence[Part], second: Sequence[Part], overlap: Overlap[Part]
) -> list[tuple[int, int, float]]:
    """Return the pairs (index, index, overlap) of largest total overlap, without overlaps of 0."""
    shares = [[overlap(a, b) for b in second] for a in first]
    pairs = [
        (row, column, share)
        for row, line in enumerate(shares)
        for column, share in enumerate(line)
        if share > 0
    ]
    if _is_a_pairing(pairs):
        return pairs
    if len(first) == 1 or len(second) == 1:
        return [max(pairs, key=lambda pair: pair[2])]
    # Imported here: a service that only checks labels must not load numpy.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    rows, columns = linear_sum_assignment(shares, maximize=True)
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column, shares[row][column]) for row, column in chosen if shares[row][column] > 0]


def _is_a_pairing(pairs: list[tuple[int, int, float]]) -> bool:
    rows = {row for row, _, _ in pairs}
    columns = {column for _, column, _ in pairs}
    return len(rows) == len(columns) == len(pairs)
