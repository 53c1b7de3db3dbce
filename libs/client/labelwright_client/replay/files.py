"""Reader of CSV files, with or without gzip, a byte order mark, quoted commas and empty lines.

Values are separated by commas, or by semicolons or tabs if the first line has no comma. Errors are
one sentence that names the file and the line.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, cast

CELL_CHARACTERS_MAX = 2_000_000
GZIP = b"\x1f\x8b"
_QUOTED = re.compile(r'"[^"]*"?')


class BadFile(Exception):
    """Raised when a file cannot be read. The message is one sentence."""


class BadRow(BadFile):
    """Raised when one row is invalid; other rows can still be read."""

    def __init__(self, file: Path, line: int, why: str) -> None:
        """`line` is the number of the line on which the row begins, from 1; `why` is a sentence."""
        super().__init__(f"{file}, line {line}: {why}")
        self.line = line
        self.why = why


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its values by the names of the columns."""

    file: Path
    line: int
    cells: dict[str, str]

    def bad(self, why: str) -> BadRow:
        """Return an error about this row, with the file and the line."""
        return BadRow(self.file, self.line, why)

    def need(self, column: str) -> str:
        """Return the value of a column. Raises BadRow if it is empty or holds NUL."""
        value = self.cells[column].strip()
        if not value:
            raise self.bad(f"{column} is empty.")
        if "\x00" in value:
            raise self.bad(f"{column} holds the character NUL.")
        return value


def read_rows(
    file: Path,
    needed: Sequence[str],
    *,
    aliases: Mapping[str, str] | None = None,
    reject: Callable[[BadRow], None] | None = None,
) -> Iterator[Row]:
    """Yield the rows of `file`, whose first line must name the columns `needed`.

    `aliases` maps other names of columns to the names that they stand for if those are absent.
    `reject` is called with each row that has too many or too few values, and reading goes on;
    without it such a row raises BadRow. Raises BadFile.
    """
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    with opened(file) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
        lines = _lines(file, text)
        _, header = next(lines, (1, []))
        names = _renamed([name.strip() for name in header], aliases or {})
        _check_header(file, names, needed)
        for number, values in lines:
            if len(values) == len(names):
                yield Row(file, number, dict(zip(names, values, strict=True)))
                continue
            why = f"{len(values)} values, but the first line names {len(names)} columns."
            if reject is None:
                raise BadRow(file, number, why)
            reject(BadRow(file, number, why))


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """Open `file` for reading, decompressed if it is gzip. Raises BadFile if it cannot be read."""
    try:
        with open_bytes(file) as stream:
            yield stream
    except OSError as error:
        raise BadFile(f"{file} cannot be read: {error.strerror or error}.") from error
    except (EOFError, zlib.error) as error:
        raise BadFile(f"{file} is damaged: its gzip data are incomplete or invalid.") from error


def open_bytes(file: Path) -> IO[bytes]:
    """Open `file` for reading, decompressed if its content (not its name) is gzip."""
    with file.open("rb") as stream:
        compressed = stream.read(2) == GZIP
    if compressed:
        return cast(IO[bytes], gzip.open(file))
    return file.open("rb")


def _renamed(names: Sequence[str], aliases: Mapping[str, str]) -> list[str]:
    return [name if aliases.get(name, name) in names else aliases[name] for name in names]


def _lines(file: Path, text: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not empty, with the number of the line on which it begins."""
    try:
        first = next(text, "")
    except UnicodeDecodeError as error:
        raise BadFile(f"{file}, line 1 or soon after: this is not UTF-8.") from error
    reader = csv.reader(chain([first], text), strict=True, delimiter=_delimiter(first))
    while True:
        begins = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadFile(f"{file}, line {begins}: this is not CSV: {error}.") from error
        except UnicodeDecodeError as error:
            raise BadFile(f"{file}, line {begins} or soon after: this is not UTF-8.") from error
        if values:
            yield begins, values


def _delimiter(first_line: str) -> str:
    plain = _QUOTED.sub("", first_line)
    return next((mark for mark in ",;\t" if mark in plain), ",")


def _check_header(file: Path, names: Sequence[str], needed: Sequence[str]) -> None:
    if not names:
        columns = f" {_listed(needed)}" if needed else ", for example 'id' and 'text'"
        raise BadFile(f"{file} is empty: its first line must name the columns{columns}.")
    missing = [name for name in needed if name not in names]
    if missing:
        raise BadFile(
            f"{file} has no column {_listed(missing)}: its first line names {_listed(names)}."
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise BadFile(f"{file} names the column {_listed(twice)} twice.")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
