"""The rows of a file of any format."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from interop.files.rows import Entry, Format, Layout

_MODULES: dict[Format, str] = {
    "csv": "delimited",
    "tsv": "delimited",
    "xlsx": "xlsx",
    "json": "json_files",
    "ndjson": "json_files",
    "parquet": "arrow",
    "arrow": "arrow",
}


def read_rows(path: Path, layout: Layout) -> Iterator[Entry]:
    """Yield the rows of a file in their order, and the problems of those that cannot be read.

    Few rows are in memory at a time. Raises UnreadableFile.
    """
    # By name: the libraries of some formats are slow to import.
    module = import_module(f"interop.files.{_MODULES[layout.format]}")
    rows: Iterator[Entry] = module.read_rows(path, layout)
    return rows
