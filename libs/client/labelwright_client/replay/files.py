"""CSV files as people have them: gzip or not, a byte order mark, quoted commas, empty lines.

What cannot be read is said in one sentence that names the file and the line.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

CELL_CHARACTERS_MAX = 2_000_000
GZIP = b"\x1f\x8b"


class BadFile(Exception):
    """A file that cannot be played. The message is one sentence for its owner."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of values, by the names in the first line."""

    file: Path
    line: int
    cells: dict[str, str]

    def bad(self, why: str) -> BadFile:
        """What is wrong with this row, with its place."""
        return BadFile(f"{self.file}, line {self.line}: {why}")

    def need(self, column: str) -> str:
        """The value of a column that must not be empty."""
        value = self.cells[column].strip()
        if not value:
            raise self.bad(f"{column} is empty.")
        if "\x00" in value:
            raise self.bad(f"{column} holds the character NUL.")
        return value


def read_rows(file: Path, needed: Sequence[str]) -> Iterator[Row]:
    """The rows of `file`, whose first line must name the columns `needed`. Raises BadFile."""
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    try:
        with open_bytes(file) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
            yield from _rows(file, text, needed)
    except OSError as error:
        raise BadFile(f"{file} cannot be read: {error.strerror or error}.") from error
    except (EOFError, zlib.error) as error:
        raise BadFile(
            f"{file} is damaged: its gzip data end too early or make no sense."
        ) from error


def open_bytes(file: Path) -> IO[bytes]:
    """The content of `file`, unpacked if it is gzip, whatever its name says."""
    with file.open("rb") as stream:
        packed = stream.read(2) == GZIP
    if packed:
        return cast(IO[bytes], gzip.open(file))
    return file.open("rb")


def _rows(file: Path, text: Iterable[str], needed: Sequence[str]) -> Iterator[Row]:
    lines = _lines(file, text)
    _, header = next(lines, (1, []))
    names = [name.strip() for name in header]
    _check_header(file, names, needed)
    for number, values in lines:
        if len(values) != len(names):
            row = Row(file, number, {})
            raise row.bad(f"{len(values)} values, but the first line names {len(names)} columns.")
        yield Row(file, number, dict(zip(names, values, strict=True)))


def _lines(file: Path, text: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not empty, with the number of the line on which it begins."""
    reader = csv.reader(text, strict=True)
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


def _check_header(file: Path, names: Sequence[str], needed: Sequence[str]) -> None:
    if not names:
        raise BadFile(f"{file} is empty: its first line must name the columns {_listed(needed)}.")
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
