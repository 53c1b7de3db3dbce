"""Counts of labels per item: all that a figure of agreement needs to know about the votes."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from agreement.arrays import Array, Floats, Ints, tally
from agreement.votes import Votes

# Below this many cells per vote, a full table is faster than sorting and small enough.
_CELLS_PER_VOTE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The non-zero cells of the item x label table, by item and then by label.

    `row`, `label`, `count` are (n_cells,); row r is one item with votes, and counts
    `multiplicity[r]` times; `total` is (n_rows,), the votes of each row.
    """

    row: Ints
    label: Ints
    count: Floats
    total: Floats
    multiplicity: Ints
    n_labels: int

    @classmethod
    def of(cls, votes: Votes) -> Self:
        """Count the votes; items without votes have no row."""
        n_labels = max(len(votes.labels), 1)
        cell, count = _cells(votes, n_labels)
        item, label = np.divmod(cell, n_labels)
        return cls.from_cells(item, label, count.astype(np.float64), n_labels)

    @classmethod
    def from_cells(cls, item: Ints, label: Ints, count: Floats, n_labels: int) -> Self:
        """Counts from cells sorted by item; the items become rows 0, 1, 2, ..."""
        starts = np.ones(len(item), dtype=np.bool_)
        starts[1:] = item[1:] != item[:-1]
        row = np.cumsum(starts) - 1
        total = tally(row, count, int(row[-1]) + 1 if len(row) else 0)
        return cls(row, label, count, total, np.ones(len(total), np.int64), n_labels)

    @property
    def n_rows(self) -> int:
        """The number of rows of the table."""
        return len(self.total)

    @property
    def n_items(self) -> int:
        """The number of items that the rows represent."""
        return int(self.multiplicity.sum())

    @property
    def n_pairable(self) -> int:
        """The number of pairable votes: those on items with two votes or more."""
        pairable = self.total > 1
        return int((self.total * self.multiplicity)[pairable].sum())

    def keys(self) -> Array:
        """A 64-bit fingerprint (n_rows,) of each row: equal rows have equal fingerprints."""
        mixed = self.count.astype(np.uint64) * _scrambled(self.label)
        return np.add.reduceat(mixed, self.starts()) if len(mixed) else mixed

    def starts(self) -> Ints:
        """Return the index of the first cell of each row (n_rows,)."""
        return np.flatnonzero(np.diff(self.row, prepend=-1))

    def take(self, rows: Ints, multiplicity: Ints) -> "Counts":
        """The given rows in the given order, with new multiplicities."""
        starts = self.starts()
        lengths = np.diff(starts, append=len(self.row))[rows]
        offset = np.repeat(starts[rows] - (np.cumsum(lengths) - lengths), lengths)
        cells = np.arange(int(lengths.sum())) + offset
        return Counts(
            np.repeat(np.arange(len(rows)), lengths),
            self.label[cells],
            self.count[cells],
            self.total[rows],
            multiplicity,
            self.n_labels,
        )

    def patterns(self) -> "Counts":
        """The same items with equal rows written once.

        Many items look alike (five votes on two labels make six patterns), so a bootstrap over
        patterns does the work of one over items; and since their order depends on the rows
        alone, shuffled or renamed votes give the same interval for a seed.
        """
        _, first, inverse = np.unique(self.keys(), return_index=True, return_inverse=True)
        times = np.bincount(inverse, weights=self.multiplicity, minlength=len(first))
        return self.take(first, times.astype(np.int64))


def _cells(votes: Votes, n_labels: int) -> tuple[Ints, Ints]:
    """Return the used cells of the item x label table in order, and the count of each."""
    cell = votes.item.astype(np.int64)
    cell *= n_labels
    cell += votes.label
    size = len(votes.items) * n_labels
    if size <= _CELLS_PER_VOTE * len(cell) + 1024:
        table = np.bincount(cell, minlength=size)
        used = np.flatnonzero(table)
        return used, table[used]
    used, count = np.unique(cell, return_counts=True)
    return used, count


def _scrambled(code: Ints) -> Array:
    """The splitmix64 finaliser: a fixed random-looking 64-bit number for each code."""
    mixed = (code.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
