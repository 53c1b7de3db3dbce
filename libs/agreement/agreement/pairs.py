"""Pairs of labels that occur on the same item."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agreement.arrays import Floats, Ints, tally
from agreement.counts import Counts


@dataclass(frozen=True, slots=True, eq=False)
class LabelPairs:
    """Ordered pairs of different labels on a row, each unordered pair once with both orders.

    All arrays are (n_pairs,); `times` is 2 n_uc n_uk, the ordered pairs of votes behind it.
    """

    row: Ints
    first: Ints
    second: Ints
    times: Floats


def label_pairs(counts: Counts) -> LabelPairs:
    """Return every pair of different labels that occur on the same row."""
    starts = counts.starts()
    lengths = np.diff(starts, append=len(counts.row))
    # Cell i of a row is paired with the cells after it in the same row.
    place = np.arange(len(counts.row)) - np.repeat(starts, lengths)
    later = np.repeat(lengths, lengths) - place - 1
    left = np.repeat(np.arange(len(counts.row)), later)
    step = np.arange(int(later.sum())) - np.repeat(np.cumsum(later) - later, later)
    right = left + 1 + step
    return LabelPairs(
        counts.row[left],
        counts.label[left],
        counts.label[right],
        2 * counts.count[left] * counts.count[right],
    )


def pair_disagreement(counts: Counts, distances: Callable[[Ints, Ints], Floats]) -> Floats:
    """The summed distance (n_rows,) over all ordered pairs of votes on each row."""
    pairs = label_pairs(counts)
    weighted = pairs.times * distances(pairs.first, pairs.second)
    return tally(pairs.row, weighted, counts.n_rows)
