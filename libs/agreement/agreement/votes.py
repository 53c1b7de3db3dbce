"""Votes: items, annotators and labels, as arrays of codes with the names they represent."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Literal, Self

import numpy as np

from agreement.arrays import Array, Bools, Codes, Ints

Repeats = Literal["last", "first", "all", "refuse"]


class BadVotes(ValueError):
    """The votes cannot be used as given; the message says why in one sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """Votes as three equally long code arrays (n_votes,), with the names of the codes.

    `labels` is also the scale, in the order of the "ordinal" metric. Each of the three tuples may
    contain names without votes; a label without votes still counts as an option of the scale.
    """

    item: Codes
    annotator: Codes
    label: Codes
    items: tuple[Hashable, ...]
    annotators: tuple[Hashable, ...]
    labels: tuple[Hashable, ...]

    @classmethod
    def of(
        cls,
        items: Iterable[Any],
        annotators: Iterable[Any],
        labels: Iterable[Any],
        *,
        scale: Sequence[Hashable] | None = None,
        repeats: Repeats = "last",
    ) -> Self:
        """Votes from three columns of equal length.

        A label that is None or a floating nan is a missing vote and is left out. Labels are put
        in the order of `scale`, or else by number where all are numbers, or else alphabetically.
        An annotator has one vote on an item: of repeated votes the `last` is kept (a correction),
        unless `repeats` says `first`, `all` (each counts), or `refuse` (raises `BadVotes`).
        """
        columns = _present(_column(items), _column(annotators), _column(labels))
        item, item_names = factorise(columns[0])
        annotator, annotator_names = factorise(columns[1])
        label, label_names = factorise(columns[2])
        label, label_names = _on_scale(label, label_names, scale)
        keep = _standing(item, annotator, len(annotator_names), repeats)
        if keep is not None:
            item, annotator, label = item[keep], annotator[keep], label[keep]
        return cls(item, annotator, label, item_names, annotator_names, label_names)

    def __len__(self) -> int:
        """Return the number of votes."""
        return len(self.item)

    @property
    def n_items(self) -> int:
        """The number of items with at least one vote."""
        return int(np.count_nonzero(np.bincount(self.item, minlength=1)))

    @property
    def n_annotators(self) -> int:
        """The number of annotators with at least one vote."""
        return int(np.count_nonzero(np.bincount(self.annotator, minlength=1)))

    @property
    def n_pairable(self) -> int:
        """The number of votes on items with two votes or more."""
        per_item = np.bincount(self.item, minlength=1)
        return int(per_item[per_item > 1].sum())

    def where(self, keep: Bools) -> Self:
        """The votes for which `keep` (n_votes,) is true; all names stay."""
        return type(self)(
            self.item[keep],
            self.annotator[keep],
            self.label[keep],
            self.items,
            self.annotators,
            self.labels,
        )

    def without(self, annotators: Iterable[Hashable]) -> Self:
        """The votes without those of the named annotators."""
        return self.where(~np.isin(self.annotator, codes_of(annotators, self.annotators)))

    def between(self, first: Hashable, second: Hashable) -> Self:
        """The votes of two annotators only."""
        return self.where(np.isin(self.annotator, codes_of((first, second), self.annotators)))

    def on(self, items: Iterable[Hashable]) -> Self:
        """The votes on the named items only; a name without votes is ignored."""
        wanted = set(items)
        mask = np.fromiter((name in wanted for name in self.items), np.bool_, len(self.items))
        return self.where(mask[self.item])

    def against_rest(self, label: Hashable) -> Self:
        """The votes read as "this label" (True) or "any other" (False)."""
        (code,) = codes_of((label,), self.labels)
        return type(self)(
            self.item,
            self.annotator,
            (self.label == code).astype(np.int32),
            self.items,
            self.annotators,
            (False, True),
        )


def codes_of(names: Iterable[Hashable], known: tuple[Hashable, ...]) -> Ints:
    """The codes of names; raises `BadVotes` at the first one that is not known."""
    index = {name: code for code, name in enumerate(known)}
    try:
        return np.asarray([index[name] for name in names], dtype=np.int64)
    except KeyError as error:
        raise BadVotes(f"{error.args[0]!r} does not occur in the votes.") from None


def numbers(names: Iterable[Hashable]) -> Array | None:
    """The names as finite floats, or None where one of them is not a number."""
    try:
        values = np.asarray([float(name) for name in names], dtype=np.float64)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return values if np.isfinite(values).all() else None


def factorise(values: Array | list[Any]) -> tuple[Codes, tuple[Hashable, ...]]:
    """Return codes (n,) and the names they represent, each name once."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "iub" and len(values):
        return _factorise_integers(values)
    listed = values.tolist() if isinstance(values, np.ndarray) else values
    index: dict[Hashable, int] = _Index()
    try:
        codes = np.fromiter(map(index.__getitem__, listed), np.int32, len(listed))
    except TypeError as error:
        raise BadVotes(f"Items, annotators and labels must be hashable: {error}.") from None
    return codes, tuple(index)


class _Index(dict[Hashable, int]):
    """A dictionary that gives the next number to each new key."""

    def __missing__(self, key: Hashable) -> int:
        self[key] = code = len(self)
        return code


def _factorise_integers(values: Array) -> tuple[Codes, tuple[Hashable, ...]]:
    """Integers close together need no sorting: their own value is the place in a table."""
    low, high = int(values.min()), int(values.max())
    if high - low > 4 * len(values) + 1024:
        names, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.int32), tuple(names.tolist())
    shifted = values if low == 0 else values - values.dtype.type(low)
    if values.dtype.kind == "b":
        shifted = values.astype(np.int8) - np.int8(low)
    seen = np.zeros(high - low + 1, dtype=np.bool_)
    seen[shifted] = True
    places = np.flatnonzero(seen)
    table = np.cumsum(seen, dtype=np.int32) - np.int32(1)
    named = (places + low).astype(values.dtype)
    return table[shifted], tuple(named.tolist())


def _column(values: Iterable[Any]) -> Array | list[Any]:
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise BadVotes("Each column of votes must have one dimension.")
        return values
    to_numpy: Callable[[], Array] | None = getattr(values, "to_numpy", None)
    if to_numpy is not None:
        return np.asarray(to_numpy())
    return values if isinstance(values, list) else list(values)


def _present(*columns: Array | list[Any]) -> list[Array | list[Any]]:
    """The columns without the rows whose label, the last column, is missing."""
    if len({len(column) for column in columns}) > 1:
        sizes = ", ".join(str(len(column)) for column in columns)
        raise BadVotes(f"Items, annotators and labels differ in length: {sizes}.")
    labels = columns[-1]
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iubUS":
        return list(columns)
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "f":
        missing = np.isnan(labels)
    else:
        missing = np.fromiter((_is_missing(label) for label in labels), np.bool_, len(labels))
    if not missing.any():
        return list(columns)
    kept = np.flatnonzero(~missing)
    return [
        column[kept] if isinstance(column, np.ndarray) else [column[row] for row in kept]
        for column in columns
    ]


def _is_missing(label: object) -> bool:
    return label is None or (isinstance(label, float) and isnan(label))


def _on_scale(
    codes: Codes, names: tuple[Hashable, ...], scale: Sequence[Hashable] | None
) -> tuple[Codes, tuple[Hashable, ...]]:
    ordered = tuple(scale) if scale is not None else natural_order(names)
    if ordered == names:
        return codes, names
    if len(set(ordered)) != len(ordered):
        raise BadVotes("The scale names a label twice.")
    place = {name: code for code, name in enumerate(ordered)}
    strangers = [name for name in names if name not in place]
    if strangers:
        raise BadVotes(f"The label {strangers[0]!r} is not on the scale.")
    table = np.asarray([place[name] for name in names], dtype=np.int32)
    return table[codes], ordered


def natural_order(names: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    """The names by number where all are numbers, or else by type and then alphabetically."""
    if numbers(names) is not None:
        return tuple(sorted(names, key=lambda name: (float(name), str(name))))  # type: ignore[arg-type]
    # The type comes first so that labels of different types have an order at all.
    return tuple(sorted(names, key=lambda name: (type(name).__name__, str(name))))


def _has_repeats(said: Ints) -> bool:
    """Return True if a number occurs twice, without sorting all of them.

    Each row writes its index into a slot of a table. A row that finds another index there shares
    the slot, and only the rows of shared slots are sorted. Unwritten slots are never read.
    """
    slot = said % (8 * len(said) + 1)
    rows = np.arange(len(said), dtype=np.int32)
    table = np.empty(8 * len(said) + 1, dtype=np.int32)
    table[slot] = rows
    holder = table[slot]
    shared = np.flatnonzero(holder != rows)
    doubtful = np.concatenate([said[shared], np.unique(said[holder[shared]])])
    doubtful.sort()
    return bool((doubtful[1:] == doubtful[:-1]).any())


def _standing(item: Codes, annotator: Codes, n_annotators: int, repeats: Repeats) -> Ints | None:
    """Return the rows to keep, in their order; None to keep all."""
    if repeats == "all":
        return None
    said = item.astype(np.int64)
    said *= n_annotators
    said += annotator
    if not _has_repeats(said):
        return None
    if repeats == "refuse":
        raise BadVotes("An annotator has voted on one item more than once.")
    rows = np.arange(len(said))
    if repeats == "last":
        _, from_end = np.unique(said[::-1], return_index=True)
        return np.sort(rows[::-1][from_end])
    return np.sort(np.unique(said, return_index=True)[1])
