"""The rows of a file, and how the file is laid out."""

from dataclasses import dataclass
from typing import Any, Literal

from interop.files.compression import Compression
from interop.files.problems import Problem

Format = Literal["csv", "tsv", "xlsx", "json", "ndjson", "parquet", "arrow"]
Shape = Literal["columns", "items"]
"""`items`: each row is an item as in the API, with a payload; `columns`: its cells make one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the values of its cells by the names of their columns, as JSON values.

    `line`: the line on which it begins in a text, else its number in the table; counted from 1.
    `raw`: the JSON text of the row in JSON formats.
    """

    line: int
    cells: dict[str, Any]
    raw: bytes | None = None


Entry = Row | Problem
"""A row, or the problem because of which it cannot be read."""


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the user, in place of what would be detected."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    bytes_max: int | None = None
    """The most bytes that the file may have when it is decompressed."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The form of a file: its format, and what is needed to read its rows."""

    format: Format
    compression: Compression | None = None
    encoding: str | None = None
    """The encoding as Python names it; None for formats that are not text."""
    delimiter: str | None = None
    has_header: bool = True
    """False if the first line holds values; the columns are then called column_1, column_2, ..."""
    sheet: str | None = None
    other_sheets: tuple[str, ...] = ()
    bytes_max: int | None = None
