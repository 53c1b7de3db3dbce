"""Large payloads as files under their own hash: written once, before the row that names them."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from chassis.auth import Caller
from chassis.database import Session
from ingest_service.domain.refusals import UnknownBlob
from ingest_service.store import items as store


def keep_blobs(folder: Path, blobs: Mapping[str, bytes]) -> None:
    """Write each blob under its sha256, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for sha256, content in blobs.items():
        path = folder / sha256
        if not path.exists():
            _write(path, content)


def _write(path: Path, content: bytes) -> None:
    descriptor, partial = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


async def blob_path(session: Session, caller: Caller, folder: Path, sha256: str) -> Path:
    """Where a blob lies. Raises UnknownBlob, also for blobs of projects out of reach."""
    projects = await store.blob_projects(session, sha256)
    path = folder / sha256
    if not any(caller.reaches(project) for project in projects) or not path.exists():
        raise UnknownBlob(f"There is no blob {sha256}.")
    return path
