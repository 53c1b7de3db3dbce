"""Spreadsheets (XLSX): the rows of one sheet. The file is read row by row."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from interop.files.delimited import column_names
from interop.files.json_values import to_json
from interop.files.problems import UnreadableFile
from interop.files.rows import Entry, Layout, Row

UNPACKED_BYTES_MAX = 2_000_000_000
"""The most bytes of a spreadsheet when it is unpacked, which protects against zip bombs."""


def sheet_names(path: Path) -> list[str]:
    """Return the names of the sheets, in order. Raises UnreadableFile."""
    with _workbook(path, UNPACKED_BYTES_MAX) as workbook:
        return [sheet.title for sheet in workbook.worksheets]


def read_rows(path: Path, layout: Layout) -> Iterator[Entry]:
    """Yield the rows of a sheet below its header; empty rows are left out. Formulas give results.

    Raises UnreadableFile if the sheet is empty.
    """
    with _workbook(path, layout.bytes_max or UNPACKED_BYTES_MAX) as workbook:
        sheet = workbook[layout.sheet] if layout.sheet else workbook.worksheets[0]
        sheet.reset_dimensions()
        rows = _filled(sheet.iter_rows(values_only=True))
        first = next(rows, None)
        if first is None:
            raise UnreadableFile(f"The sheet '{sheet.title}' is empty: expected a header.")
        number, header = first
        names = column_names([_text(cell) for cell in header])
        for number, cells in rows:
            values = [*islice(cells, len(names)), *[None] * (len(names) - len(cells))]
            yield Row(
                number, {name: to_json(cell) for name, cell in zip(names, values, strict=True)}
            )


@contextmanager
def _workbook(path: Path, bytes_max: int) -> Iterator[Any]:
    """Open a spreadsheet; its name does not matter, since uploads are stored under another one."""
    with path.open("rb") as file, closing(_loaded(file, bytes_max)) as workbook:
        yield workbook


def _loaded(file: IO[bytes], bytes_max: int) -> Any:  # noqa: ANN401 (openpyxl has no types)
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > bytes_max:
            raise UnreadableFile(f"Unpacked, the spreadsheet has {size:,} bytes: split it.")
        return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise UnreadableFile("This is not a spreadsheet (XLSX), or it is damaged.") from error


def _filled(rows: Iterator[Sequence[Any]]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows that are not empty, with their numbers and without empty cells at the end."""
    for number, row in enumerate(rows, 1):
        cells = list(row)
        while cells and (cells[-1] is None or cells[-1] == ""):
            cells.pop()
        if cells:
            yield number, cells


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)
