"""Uploaded files."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json

_COLUMNS = (
    "upload_id, project, name, sha256, size, options, understood, import_id, rejected, created_at"
)
_ADD = """
INSERT INTO uploads (upload_id, project, name, sha256, size, options, understood, created_at)
VALUES ($1, $2, $3, $4, $5, $6::json, $7::json, $8)
"""
_FIND = f"SELECT {_COLUMNS} FROM uploads WHERE project = $1 AND upload_id = $2"
_SET_IMPORT = "UPDATE uploads SET import_id = $2, rejected = $3 WHERE upload_id = $1"


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An uploaded file. `rejected`: the digest of the file of its rejected rows."""

    upload_id: UUID
    project: str
    name: str
    sha256: str
    size: int
    options: dict[str, Any]
    understood: dict[str, Any]
    created_at: datetime
    import_id: UUID | None = None
    rejected: str | None = None


async def add_upload(transaction: Transaction, new: UploadRow) -> None:
    """Store an uploaded file."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD,
        new.upload_id,
        new.project,
        new.name,
        new.sha256,
        new.size,
        as_json(new.options),
        as_json(new.understood),
        new.created_at,
    )


async def find_upload(transaction: Transaction, project: str, upload_id: UUID) -> UploadRow | None:
    """Return an uploaded file of a project; None if there is none with this id."""
    row = await (await transaction.connection()).fetchrow(_FIND, project, upload_id)
    return None if row is None else UploadRow(**row)


async def set_import(
    transaction: Transaction, upload_id: UUID, import_id: UUID, rejected: str
) -> None:
    """Store the newest import of an uploaded file, and the digest of its rejected rows."""
    connection = await transaction.connection()
    await connection.execute(_SET_IMPORT, upload_id, import_id, rejected)
