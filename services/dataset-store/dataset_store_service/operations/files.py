"""The files of a dataset version: written in portions, named by their content, read by line."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from dataset_store_service.domain import records
from dataset_store_service.domain.tables import Table
from schemas.canonical import merkle_root

RECORDS = "records.jsonl"
LABELS = "labels.parquet"
MEDIA_TYPES = {RECORDS: "application/jsonl", LABELS: "application/vnd.apache.parquet"}
PORTION_ROWS = 5000
_TYPES = {
    "string": pa.string(),
    "json": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}


def new_folder(home: Path) -> Path:
    """An empty folder beside the versions, for one that is being written."""
    home.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="partial-", dir=home))


def append(path: Path, lines: Sequence[bytes]) -> None:
    """Write lines to the end of a file."""
    with path.open("ab") as file:
        file.writelines(line + b"\n" for line in lines)


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, without their ends."""
    with path.open("rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def root(path: Path) -> str:
    """The Merkle root over the lines of a file."""
    return merkle_root(read_lines(path))


def write_table(source: Path, path: Path, fields: Mapping[int, Sequence[Any]]) -> None:
    """Write the records as Parquet, cut by content so that versions share most of their bytes."""
    table = Table.of(fields)
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in table.columns.items()])
    with pq.ParquetWriter(
        path, schema, compression="zstd", use_content_defined_chunking=True
    ) as writer:
        rows = (table.row(records.read(line)) for line in read_lines(source))
        while portion := list(islice(rows, PORTION_ROWS)):
            writer.write_table(pa.Table.from_pylist(portion, schema))


def rendering(path: Path) -> dict[str, Any]:
    """What the manifest says of a file."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    writer = f"pyarrow {pa.__version__}" if path.name == LABELS else "rfc8785"
    return {
        "name": path.name,
        "media_type": MEDIA_TYPES[path.name],
        "bytes": path.stat().st_size,
        "sha256": sha256,
        "writer": writer,
    }


def settle(partial: Path, final: Path) -> None:
    """Put a whole version in its place, on the disk; what a crash left there gives way."""
    for path in partial.iterdir():
        _sync(path)
    _sync(partial)
    if final.exists():
        shutil.rmtree(final)
    partial.rename(final)
    _sync(final.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def find(path: Path, item_id: UUID) -> bytes | None:
    """The line of an item: the lines are sorted by item, so the file is searched by halves."""
    wanted = str(item_id)
    with path.open("rb") as file:
        low, high = 0, path.stat().st_size
        while low < high:
            middle = (low + high) // 2
            file.seek(max(0, middle - 1))
            if middle > 0:
                file.readline()  # The rest of the line that the middle lies in.
            line = file.readline()
            found = orjson.loads(line)["item_id"] if line else None
            if found == wanted:
                return line.rstrip(b"\n")
            if found is not None and found < wanted:
                low = file.tell()
            else:
                high = middle
    return None
