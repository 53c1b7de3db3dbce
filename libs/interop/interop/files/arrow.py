"""Parquet and Arrow files, read batch by batch."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import ipc, parquet

from interop.files.json_values import NotJson, to_json
from interop.files.problems import Problem, UnreadableFile
from interop.files.rows import Entry, Layout, Row

BATCH_ROWS = 1024
ARROW_FILE = b"ARROW1"


def read_rows(path: Path, layout: Layout) -> Iterator[Entry]:
    """Yield the rows of a Parquet or an Arrow file. Raises UnreadableFile."""
    return _read_parquet(path) if layout.format == "parquet" else _read_arrow(path)


def _read_parquet(path: Path) -> Iterator[Entry]:
    try:
        with parquet.ParquetFile(path) as file:
            yield from _rows(file.iter_batches(BATCH_ROWS), file.schema_arrow)
    except (pyarrow.ArrowException, OSError) as error:
        raise UnreadableFile(f"This is not a Parquet file, or it is damaged: {error}.") from error


def _read_arrow(path: Path) -> Iterator[Entry]:
    """Yield the rows of an Arrow file, or of a stream, which Hugging Face datasets writes."""
    try:
        with pyarrow.memory_map(str(path)) as source:
            is_file = source.read(len(ARROW_FILE)) == ARROW_FILE
            source.seek(0)
            if is_file:
                reader = ipc.open_file(source)
                batches = map(reader.get_batch, range(reader.num_record_batches))
            else:
                reader = ipc.open_stream(source)
                batches = iter(reader)
            yield from _rows(batches, reader.schema)
    except (pyarrow.ArrowException, OSError) as error:
        raise UnreadableFile(f"This is not an Arrow file, or it is damaged: {error}.") from error


def _rows(batches: Iterator[Any], schema: Any) -> Iterator[Entry]:  # noqa: ANN401 (no types)
    classes = class_names(schema.metadata or {})
    line = 0
    for batch in batches:
        for start in range(0, batch.num_rows, BATCH_ROWS):
            for cells in batch.slice(start, BATCH_ROWS).to_pylist():
                line += 1
                yield _row(line, cells, classes)


def _row(line: int, cells: dict[str, Any], classes: dict[str, list[str]]) -> Entry:
    values: dict[str, Any] = {}
    for name, value in cells.items():
        names = classes.get(name, [])
        try:
            is_class = isinstance(value, int) and 0 <= value < len(names)
            values[name] = names[value] if is_class else to_json(value)
        except NotJson as error:
            return Problem(line, str(error), name)
    return Row(line, values)


def class_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """Return the names of the classes of each ClassLabel column of a Hugging Face dataset.

    In such a column a number stands for a name; the schema's metadata has the names.
    """
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {
            column: [str(name) for name in feature["names"]]
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
