"""The content of a file, as it is understood before anything is done with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from interop.files.columns import (
    Columns,
    choose_columns,
    chosen_id_column,
    external_id,
    id_candidates,
    is_item,
)
from interop.files.detection import detect
from interop.files.duplicates import SeenIds
from interop.files.problems import CountedProblem, Problem, ProblemCounts
from interop.files.reading import read_rows
from interop.files.rows import Layout, Options, Row, Shape

SAMPLE_ROWS = 1000
"""The number of first rows by which the shape and the id column are judged."""
FIRST_ROWS = 5
COLUMNS_MAX = 10_000
ITEMS: Shape = "items"
COLUMNS: Shape = "columns"
Numbered = tuple[int, dict[str, Any]]
"""The number of a line, and the item on it as the API takes it."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The columns that the user names, in place of those that would be chosen."""

    id_column: str | None = None
    no_id: bool = False
    """True to import rows without ids: each is then identified by its payload."""
    payload_columns: Sequence[str] | None = None
    metadata_columns: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """The layout of a file, the columns that make an item, and counts of its rows."""

    name: str
    layout: Layout
    shape: Shape
    columns: tuple[str, ...]
    """The names of all columns; empty if each row is an item."""
    id_candidates: tuple[str, ...]
    used: Columns
    """The columns that make an item."""
    rows: int = 0
    """The number of rows that can be read."""
    duplicates: int = 0
    """The number of rows whose id came before in the file."""
    problems: tuple[CountedProblem, ...] = ()
    first_rows: tuple[Numbered, ...] = ()
    """The first items as they will be imported, with the numbers of their lines."""

    @property
    def needs_id_column(self) -> bool:
        """True if rows are made of columns, and none of them is the id."""
        return self.shape == COLUMNS and self.used.id_column is None


def understand(
    path: Path,
    name: str | None = None,
    options: Options | None = None,
    wishes: Wishes | None = None,
) -> Understanding:
    """Read a whole file, in bounded memory, and return what it holds.

    `name`: its name, if that is not the name of `path`. Raises UnreadableFile, UnknownColumn.
    """
    wishes = wishes or Wishes()
    layout = detect(path, name, options)
    sample = [row for row in islice(read_rows(path, layout), SAMPLE_ROWS) if isinstance(row, Row)]
    is_items = bool(sample) and sample[0].raw is not None and all(is_item(r.cells) for r in sample)
    columns = tuple(dict.fromkeys(column for row in sample for column in row.cells))
    candidates = () if is_items else id_candidates(columns, sample)
    id_column = wishes.id_column
    if id_column is None and not wishes.no_id and not is_items:
        id_column = chosen_id_column(columns, candidates)
    survey = _Survey(id_column, wishes, dict.fromkeys(columns))
    for entry in read_rows(path, layout):
        survey.add(entry, ITEMS if is_items else COLUMNS)
    survey.seen.close()
    names = () if is_items else tuple(survey.columns)
    used = Columns(None, (), are_items=True) if is_items else survey.chosen()
    found = Understanding(
        name or path.name,
        layout,
        ITEMS if is_items else COLUMNS,
        names,
        candidates,
        used,
        survey.rows,
        survey.duplicates,
        survey.problems.counted(),
    )
    first = [
        item for item in islice(items(path, layout, used), SAMPLE_ROWS) if isinstance(item, tuple)
    ]
    return replace(found, first_rows=tuple(first[:FIRST_ROWS]))


def items(path: Path, layout: Layout, columns: Columns) -> Iterator[Numbered | Problem]:
    """Yield the items of a file with their lines, and the problems of rows that make none."""
    for entry in read_rows(path, layout):
        item = entry if isinstance(entry, Problem) else columns.item(entry)
        yield item if isinstance(item, Problem) else (entry.line, item)


class _Survey:
    """Counts of the rows of a file."""

    def __init__(self, id_column: str | None, wishes: Wishes, columns: dict[str, None]) -> None:
        self.rows = 0
        self.duplicates = 0
        self.problems = ProblemCounts()
        self.columns = columns
        self.seen = SeenIds()
        self._id_column = id_column
        self._wishes = wishes

    def chosen(self) -> Columns:
        """Return the columns of an item. Raises UnknownColumn."""
        return choose_columns(
            tuple(self.columns),
            self._id_column,
            payload=self._wishes.payload_columns,
            metadata=self._wishes.metadata_columns,
        )

    def add(self, entry: Row | Problem, shape: Shape) -> None:
        if isinstance(entry, Problem):
            self.problems.add(entry)
            return
        self.rows += 1
        if shape == ITEMS:
            payload = entry.cells.get("payload")
            id_ = entry.cells.get("external_id")
            self._compare(entry.line, id_ if isinstance(id_, str) else None, payload)
            return
        if len(self.columns) < COLUMNS_MAX:
            self.columns.update(dict.fromkeys(entry.cells))
        found = None if self._id_column is None else external_id(entry, self._id_column)
        if isinstance(found, Problem):
            self.problems.add(found)
            return
        left_out = {self._id_column, *self._wishes.metadata_columns}
        payload = {name: cell for name, cell in entry.cells.items() if name not in left_out}
        self._compare(entry.line, found, payload)

    def _compare(self, line: int, id_: str | None, payload: object) -> None:
        """Count a row whose id (or payload, without ids) came before; say if it differs."""
        key = f"id {id_}" if id_ is not None else f"payload {payload!r}"
        duplicate = self.seen.add(key, payload, line)
        if duplicate is None:
            return
        self.duplicates += 1
        if not duplicate.is_same:
            message = (
                f"The id '{str(id_)[:100]}' came on line {duplicate.first_line} with other content."
            )
            self.problems.add(Problem(line, message, self._id_column or "external_id"))
