"""A file of rejected rows, each with its reason, to be mended and imported again."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from interop.files.columns import REJECTION_COLUMN
from interop.files.problems import Problem
from interop.files.rows import Entry, Layout, Row

_JSON = ("json", "ndjson")


class RejectedRows:
    """Writes rejected rows: as JSON lines if they came from JSON, else as CSV in UTF-8.

    The first column (or key) `rejected_because` has the reason; an import ignores it.
    """

    def __init__(self, path: Path, layout: Layout, columns: Sequence[str]) -> None:
        """Write to `path`. `columns`: those of the file that the rows came from."""
        self._columns = [name for name in columns if name != REJECTION_COLUMN]
        self._is_json = layout.format in _JSON
        self._file = path.open("w", encoding="utf-8" if self._is_json else "utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        if not self._is_json:
            self._csv.writerow([REJECTION_COLUMN, *self._columns])

    def add(self, entry: Entry, problem: Problem) -> None:
        """Write a row, or one that could not be read, with the reason why it was rejected."""
        reason = problem.sentence()
        if self._is_json:
            value = {REJECTION_COLUMN: reason, **_json_cells(entry)}
            self._file.write(json.dumps(value, ensure_ascii=False) + "\n")
        else:
            self._csv.writerow([reason, *self._cells(entry)])

    def _cells(self, entry: Entry) -> Sequence[Any]:
        if isinstance(entry, Row):
            return [_text(entry.cells.get(name)) for name in self._columns]
        return [_plain(cell) for cell in entry.source] if isinstance(entry.source, tuple) else []

    def __enter__(self) -> Self:
        """Return itself; the file is closed at the end."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self._file.close()


def _json_cells(entry: Entry) -> dict[str, Any]:
    if isinstance(entry, Row):
        return {name: cell for name, cell in entry.cells.items() if name != REJECTION_COLUMN}
    raw = entry.source
    return {"text": raw.decode(errors="replace")} if isinstance(raw, bytes) else {}


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _plain(cell: str) -> str:
    """Return the text of a cell, with a replacement for each byte that is not of the encoding."""
    return cell.encode(errors="surrogateescape").decode(errors="replace")
