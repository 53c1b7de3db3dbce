"""The files of a dataset version: written in chunks, committed under its hash, read by line."""

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
from dataset_store_service.domain.tables import FlatTable
from schemas.canonical import merkle_root

RECORDS = "records.jsonl"
LABELS = "labels.parquet"
MEDIA_TYPES = {RECORDS: "application/jsonl", LABELS: "application/vnd.apache.parquet"}
CHUNK_ROWS = 5000
_TYPES = {
    "string": pa.string(),
    "json": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}


def new_folder(home: Path) -> Path:
    """Create an empty folder on the same disk as the versions, to write a new one in."""
    home.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="partial-", dir=home))


def append(path: Path, lines: Sequence[bytes]) -> None:
    """Append lines to a file."""
    with path.open("ab") as file:
        file.writelines(line + b"\n" for line in lines)


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, without line ends."""
    with path.open("rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def records_root(path: Path) -> str:
    """Return the Merkle root over the lines of a file, in hexadecimal."""
    return merkle_root(read_lines(path))


def write_parquet(source: Path, path: Path, fields: Mapping[int, Sequence[Any]]) -> None:
    """Write the records as Parquet.

    Its pages are chunked by content, so that similar versions share most of their bytes.
    """
    table = FlatTable.for_fields(fields)
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in table.columns.items()])
    with pq.ParquetWriter(
        path, schema, compression="zstd", use_content_defined_chunking=True
    ) as writer:
        rows = (table.row(records.from_line(line)) for line in read_lines(source))
        while chunk := list(islice(rows, CHUNK_ROWS)):
            writer.write_table(pa.Table.from_pylist(chunk, schema))


def describe_file(path: Path) -> dict[str, Any]:
    """Return the entry of a file in the manifest, with its size and hash."""
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


def commit_folder(partial: Path, final: Path) -> None:
    """Move a complete version to its final folder, durably; replace the remains of a crash."""
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


def find_record(path: Path, item_id: UUID) -> bytes | None:
    """Return the line of an item; None if there is none.

    A binary search over byte offsets: the lines are sorted by item id.
    """
    wanted = str(item_id)
    with path.open("rb") as file:
        low, high = 0, path.stat().st_size
        while low < high:
            middle = (low + high) // 2
            file.seek(max(0, middle - 1))
            if middle > 0:
                file.readline()  # Skip the rest of the line at `middle`.
            line = file.readline()
            found = orjson.loads(line)["item_id"] if line else None
            if found == wanted:
                return line.rstrip(b"\n")
            if found is not None and found < wanted:
                low = file.tell()
            else:
                high = middle
    return None
