"""Payloads too large to be inline: stored in the blob store under their digest."""

import asyncio
from collections.abc import Iterable

from blobs import BlobStore, MissingBlob
from chassis.db.database import Transaction
from chassis.http.auth import Caller
from ingest_service.domain.intake import Incoming
from ingest_service.store import items as store

WRITES_MAX = 8
"""The most payloads that are written at the same time."""


async def store_payloads(
    transaction: Transaction, blobs: BlobStore, project: str, batch: Iterable[Incoming]
) -> None:
    """Store the large payloads of a batch, and that the project has them.

    Call it before the rows that refer to them are committed: an unreferenced blob does no harm, a
    missing one would.
    """
    large = {entry.item.payload_sha256: entry.blob for entry in batch if entry.blob is not None}
    if not large:
        return
    slots = asyncio.Semaphore(WRITES_MAX)

    async def write(sha256: str, content: bytes) -> None:
        async with slots:
            await blobs.put_if_absent(sha256, content)

    async with asyncio.TaskGroup() as group:
        for sha256, content in large.items():
            group.create_task(write(sha256, content))
    await store.add_blobs(transaction, project, list(large))


async def check_access(transaction: Transaction, caller: Caller, sha256: str) -> None:
    """Raise MissingBlob unless the caller may see a project that has the blob."""
    projects = await store.blob_projects(transaction, sha256)
    if not any(caller.reaches(project) for project in projects):
        raise MissingBlob(f"There is no blob {sha256}.")
