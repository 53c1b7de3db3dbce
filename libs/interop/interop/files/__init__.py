"""Files of rows: what one holds, and its rows as items, in bounded memory.

Formats are CSV, TSV, XLSX, JSON, JSON lines, Parquet and Arrow; texts may be compressed with gzip
or zstd, and have any encoding.
"""

from interop.files.columns import REJECTION_COLUMN, Columns, UnknownColumn, choose_columns
from interop.files.description import as_json, describe
from interop.files.detection import detect, format_of_name
from interop.files.problems import CountedProblem, Problem, UnreadableFile, count_problems
from interop.files.reading import read_rows
from interop.files.rejected import RejectedRows
from interop.files.rows import Entry, Layout, Options, Row
from interop.files.understanding import Understanding, Wishes, items, understand

__all__ = [
    "REJECTION_COLUMN",
    "Columns",
    "CountedProblem",
    "Entry",
    "Layout",
    "Options",
    "Problem",
    "RejectedRows",
    "Row",
    "Understanding",
    "UnknownColumn",
    "UnreadableFile",
    "Wishes",
    "as_json",
    "choose_columns",
    "count_problems",
    "describe",
    "detect",
    "format_of_name",
    "items",
    "read_rows",
    "understand",
]
