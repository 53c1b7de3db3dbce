"""The parts of an item that columns hold: its id, its payload and its metadata."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interop.files.gold_columns import take_label
from interop.files.problems import Problem
from interop.files.rows import Row

EXTERNAL_ID_COLUMNS = ("external_id", "item_id", "id")
"""The names of columns that hold an id for sure, however they are spaced and capitalized."""
REJECTION_COLUMN = "rejected_because"
"""The column that a file of rejected rows adds; importing such a file ignores it."""
DISTINCT_SHARE = 0.8
"""The least share of rows with a value of their own in a column that may hold ids."""
_LIKELY = re.compile(
    r"(^|[ _.-])(id|ids|uid|uuid|guid|key|number|nr|no)$|(?<=[a-z])(Id|ID|Key|Nr)$"
)


class UnknownColumn(ValueError):
    """The file has no such column."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that make an item. Cells of other columns are left out."""

    id_column: str | None
    payload_columns: tuple[str, ...]
    metadata_columns: tuple[str, ...] = ()
    are_items: bool = False
    """True if each row is an item as in the API, so that no column makes a part of it."""
    kinds: Mapping[str, str] | None = None
    """For gold: the kinds of the fields by their names. None for items that are only work."""

    def item(self, row: Row) -> dict[str, Any] | Problem:
        """Return the item of a row as the API takes it, or the row's problem."""
        if self.are_items:
            return {name: cell for name, cell in row.cells.items() if name != REJECTION_COLUMN}
        item: dict[str, Any] = {}
        if self.id_column is not None:
            found = external_id(row, self.id_column)
            if isinstance(found, Problem):
                return found
            item["external_id"] = found
        item["payload"] = _part(row, self.payload_columns)
        if self.kinds is not None:
            label = take_label(row.line, item["payload"], self.kinds)
            if isinstance(label, Problem):
                return label
            item["label"] = label
        if self.metadata_columns:
            item["metadata"] = _part(row, self.metadata_columns)
        return item


def external_id(row: Row, column: str) -> str | Problem:
    """Return the id in a column of a row as text, or the row's problem."""
    value = row.cells.get(column)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, dict | list | bool):
        return Problem(row.line, "The id is neither text nor a number.", column)
    text = "" if value is None else str(value).strip()
    if not text:
        return Problem(row.line, "The id is empty.", column)
    if "\x00" in text:
        return Problem(row.line, "The id has the character NUL.", column)
    return text


def _part(row: Row, columns: Sequence[str]) -> dict[str, Any]:
    return {name: row.cells[name] for name in columns if name in row.cells}


def id_candidates(columns: Sequence[str], rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns that may hold ids, best first, judged by names and by `rows`.

    A column by the name of an id comes first. Another is a candidate if its name ends like that of
    an id and most of its values are there and differ.
    """
    by_name = {_plain(name): name for name in reversed(columns)}
    certain = [by_name[name] for name in EXTERNAL_ID_COLUMNS if name in by_name]
    likely = [
        name
        for name in columns
        if name not in certain and _LIKELY.search(_spaced(name)) and _is_mostly_unique(name, rows)
    ]
    return (*certain, *likely)


def chosen_id_column(columns: Sequence[str], candidates: Sequence[str]) -> str | None:
    """Return the id column if it is certain: one by the name of an id, or the only candidate."""
    certain = [name for name in candidates if _plain(name) in EXTERNAL_ID_COLUMNS]
    if certain:
        return certain[0]
    return candidates[0] if len(candidates) == 1 and len(columns) > 1 else None


def _plain(name: str) -> str:
    return re.sub(r"[ .-]+", "_", name.strip()).lower()


def _spaced(name: str) -> str:
    return name if re.search("[a-z](Id|ID|Key|Nr)$", name) else name.strip().lower()


def _is_mostly_unique(column: str, rows: Sequence[Row]) -> bool:
    """Return True if most values of a column are there and differ; a few rows may be repeated."""
    values = [row.cells.get(column) for row in rows]
    distinct = {json.dumps(value) for value in values if value is not None and value != ""}
    return len(distinct) > DISTINCT_SHARE * len(values)


def choose_columns(
    names: Sequence[str],
    id_column: str | None,
    *,
    payload: Sequence[str] | None = None,
    metadata: Sequence[str] = (),
) -> Columns:
    """Return the columns of an item; every other column is of the payload if `payload` is None.

    Raises UnknownColumn.
    """
    named = [*([id_column] if id_column else []), *(payload or ()), *metadata]
    unknown = [name for name in named if name not in names]
    if unknown:
        listed = ", ".join(f"'{name}'" for name in names)
        raise UnknownColumn(f"There is no column '{unknown[0]}': the file has {listed}.")
    taken = {id_column, *metadata, REJECTION_COLUMN}
    rest = tuple(name for name in names if name not in taken)
    return Columns(id_column, tuple(payload) if payload is not None else rest, tuple(metadata))


def is_item(cells: Mapping[str, Any]) -> bool:
    """Return True if a JSON object is an item as in the API: it has a payload that is an object."""
    return isinstance(cells.get("payload"), dict)
