"""Payloads that are too large to travel inline: kept in the blob store, under their digest."""

import asyncio
from collections.abc import Iterable

from blobs import BlobStore, MissingBlob
from chassis.auth import Caller
from chassis.database import Session
from ingest_service.domain.intake import Incoming
from ingest_service.store import items as store

WRITES_MAX = 8
"""How many are written at a time."""


async def keep_payloads(
    session: Session, blobs: BlobStore, project: str, batch: Iterable[Incoming]
) -> None:
    """Store the large payloads of a batch, and note that the project has them.

    Call it before the rows that name them are committed: a blob that nobody names does no harm.
    """
    large = {one.item.payload_sha256: one.blob for one in batch if one.blob is not None}
    if not large:
        return
    free = asyncio.Semaphore(WRITES_MAX)

    async def write(sha256: str, content: bytes) -> None:
        async with free:
            await blobs.put_if_absent(sha256, content)

    async with asyncio.TaskGroup() as group:
        for sha256, content in large.items():
            group.create_task(write(sha256, content))
    await store.add_blobs(session, project, list(large))


async def check_reach(session: Session, caller: Caller, sha256: str) -> None:
    """Raise MissingBlob unless the caller reaches a project that has the blob."""
    projects = await store.blob_projects(session, sha256)
    if not any(caller.reaches(project) for project in projects):
        raise MissingBlob(f"There is no blob {sha256}.")
