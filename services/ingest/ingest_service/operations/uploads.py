"""Receive a file, find what it holds, and store both."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from blobs import BlobStore
from chassis.db.database import Database, Transaction
from ingest_service.domain.refusals import NotImported, UnknownUpload
from ingest_service.operations.projects import get_project
from ingest_service.store import uploads as store
from ingest_service.store.uploads import UploadRow
from interop.files import Options, as_json, understand
from schemas.uploads import UnderstoodFile, Upload

NDJSON = "application/x-ndjson"
UNDERSTANDING_MAX = 1
"""The number of files that one process reads at a time to find what they hold."""
_reading = asyncio.Semaphore(UNDERSTANDING_MAX)


@dataclass(frozen=True, slots=True)
class NewUpload:
    """The project, the name and the time of a file, and how its sender wants it to be read."""

    project: str
    name: str
    options: Options
    now: datetime


@asynccontextmanager
async def received(body: AsyncIterator[bytes], folder: Path) -> AsyncIterator[Path]:
    """Write a body to a temporary file in `folder`, piece by piece, and yield the file."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(prefix="upload-", dir=folder) as file:
        async for piece in body:
            await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(file.flush)
        yield Path(file.name)


async def store_upload(database: Database, blobs: BlobStore, path: Path, new: NewUpload) -> Upload:
    """Store the file at `path` with what it holds. Raise UnreadableFile, UnknownProject."""
    async with database.transaction() as transaction:
        await get_project(transaction, new.project)
    async with _reading:
        found = await asyncio.to_thread(understand, path, new.name, new.options)
    blob = await blobs.put_file(path)
    options = {name: getattr(new.options, name) for name in ("encoding", "delimiter", "sheet")}
    row = UploadRow(
        uuid4(), new.project, new.name, blob.sha256, blob.size, options, as_json(found), new.now
    )
    async with database.transaction() as transaction:
        await store.add_upload(transaction, row)
    return view(row)


async def find_upload(transaction: Transaction, project: str, upload_id: UUID) -> UploadRow:
    """Return an uploaded file of a project. Raise UnknownUpload."""
    found = await store.find_upload(transaction, project, upload_id)
    if found is None:
        raise UnknownUpload(f"There is no uploaded file {upload_id} in '{project}'.")
    return found


def view(row: UploadRow) -> Upload:
    """Return an uploaded file as the API does."""
    understood = UnderstoodFile.model_validate(row.understood)
    return Upload(
        id=row.upload_id,
        size=row.size,
        created_at=row.created_at,
        understood=understood,
        rows=understood.rows,
        duplicates=understood.duplicates,
        problems=understood.problems,
        first_rows=understood.first_rows,
        import_id=row.import_id,
    )


def rejected_file(row: UploadRow) -> str:
    """Return the digest of the file of rejected rows. Raise NotImported."""
    if row.rejected is None:
        raise NotImported(f"The file '{row.name}' was not imported yet, so no row was rejected.")
    return row.rejected


def rejected_media_type(row: UploadRow) -> str:
    """Return the media type of the file of rejected rows, which follows that of the upload."""
    is_json = row.understood["format"] in ("json", "ndjson")
    return NDJSON if is_json else "text/csv; charset=utf-8"
