"""CSV and TSV: detection of the delimiter and of a header, and reading of rows."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO

from interop.files.compression import opened
from interop.files.encoding import SUSPECT_BYTES
from interop.files.problems import Problem, UnreadableFile
from interop.files.rows import Entry, Layout, Row

CELL_CHARACTERS_MAX = 2_000_000
DELIMITERS = (",", ";", "\t", "|")
SAMPLE_CHARACTERS = 1 << 16
_SAMPLE_RECORDS = 50
EMPTY = "The file is empty: its first line must name the columns, for example 'id' and 'text'."
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?%?")
_REASONS = {
    "unexpected end of data": "A quotation mark is opened and never closed.",
    "field larger": f"A cell has more than {CELL_CHARACTERS_MAX:,} characters: is a quotation mark"
    " opened and never closed?",
    "expected after": "A quotation mark within a quoted cell is not doubled.",
}

csv.field_size_limit(CELL_CHARACTERS_MAX)


def text_of(stream: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """Return the text of a stream; bytes that are not of the encoding become surrogates."""
    is_wide = encoding.startswith(("utf-16", "utf-32"))
    return io.TextIOWrapper(
        stream, encoding, errors="strict" if is_wide else "surrogateescape", newline=""
    )


def detect_delimiter(sample: str) -> str:
    """Return the delimiter with which the first records of a text have most equal columns."""
    return max(DELIMITERS, key=lambda delimiter: _fit(sample, delimiter))


def _fit(sample: str, delimiter: str) -> tuple[bool, float, int]:
    """Return if the header is divided, the share of records of its length, and this length."""
    records = _sample_records(sample, delimiter)
    if not records:
        return False, 0, 0
    length = len(records[0])
    share = sum(len(record) == length for record in records) / len(records)
    return length > 1 and share > 1 / 2, share, length


def _sample_records(sample: str, delimiter: str) -> list[list[str]]:
    """Return the first records of a sample, without its last, which may be cut."""
    is_cut = len(sample) >= SAMPLE_CHARACTERS
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        records = [record for record in islice(reader, _SAMPLE_RECORDS) if record]
    except csv.Error:
        return []
    return records[:-1] if is_cut and 1 < len(records) < _SAMPLE_RECORDS else records


def detect_header(sample: str, delimiter: str) -> bool:
    """Return True if the first record names columns: it has text, and no cell is a number."""
    records = _sample_records(sample, delimiter)
    first = records[0] if records else []
    cells = [cell.strip().removeprefix("\ufeff") for cell in first]
    return any(cells) and not any(_NUMBER.fullmatch(cell) for cell in cells)


def column_names(header: Sequence[str]) -> list[str]:
    """Return the names of the columns; one without a name is called by its number.

    Raises UnreadableFile if a name occurs twice.
    """
    names = [
        name.strip().removeprefix("\ufeff") or f"column_{number}"
        for number, name in enumerate(header, 1)
    ]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        listed = ", ".join(f"'{name}'" for name in repeated)
        raise UnreadableFile(f"The header names {listed} twice: give each column its own name.")
    return names


def read_rows(path: Path, layout: Layout) -> Iterator[Entry]:
    """Yield the rows of a CSV or TSV file, and the problems of those that cannot be read.

    Raises UnreadableFile if the file is empty or no row can be read.
    """
    with opened(path, layout.bytes_max) as stream:
        records = _records(text_of(stream, layout.encoding or "utf-8"), layout.delimiter or ",")
        first = next(records, None)
        if first is None:
            raise UnreadableFile(EMPTY)
        if isinstance(first, Problem):
            raise UnreadableFile(f"The header on line {first.line} is unreadable: {first.message}")
        line, cells = first
        if layout.has_header:
            names = column_names(cells)
        else:
            names = column_names([""] * len(cells))
            yield _row(line, cells, names)
        for record in records:
            yield record if isinstance(record, Problem) else _row(*record, names)


def _row(line: int, cells: list[str], names: Sequence[str]) -> Entry:
    if len(cells) != len(names):
        message = f"It has {len(cells)} values, but the header names {len(names)} columns."
        return Problem(line, message, source=tuple(cells))
    for name, cell in zip(names, cells, strict=True):
        if not cell.isascii() and SUSPECT_BYTES.search(cell):
            message = "It has bytes that are not of the file's encoding."
            return Problem(line, message, name, tuple(cells))
    return Row(line, dict(zip(names, cells, strict=True)))


def _records(text: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]] | Problem]:
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(begins, _reason(str(error)))
            continue
        except UnicodeDecodeError:
            yield Problem(begins, "From this line on, the text is not of the file's encoding.")
            return
        if any(cells):
            yield begins, cells


def _reason(message: str) -> str:
    return next(
        (reason for part, reason in _REASONS.items() if part in message),
        f"It is not CSV: {message}.",
    )
