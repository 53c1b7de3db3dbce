"""Blobs as objects of a bucket in any S3-compatible store, each under its digest."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import S3Store

from blobs.errors import BlobStoreUnavailable, MissingBlob
from blobs.store import SIGNED_FOR, Blob, BlobStore

ABSENT = (NotFoundError, FileNotFoundError)
"""The errors that the library raises if there is no such object."""


class S3BlobStore(BlobStore):
    """A blob store in a bucket.

    The bucket must refuse to create an object that exists when asked with `If-None-Match: *`, as
    AWS S3 and SeaweedFS do; a store that ignores that writes the same content once more.
    """

    def __init__(self, store: S3Store) -> None:
        """Store in the bucket, and under the prefix, of `store`."""
        self._store = store

    async def _put(self, sha256: str, content: bytes) -> bool:
        with _translated(sha256):
            try:
                await obstore.put_async(self._store, sha256, content, mode="create")
            except AlreadyExistsError:
                return False
            return True

    async def _put_file(self, sha256: str, path: Path) -> None:
        with suppress(MissingBlob):
            await self.head(sha256)
            return
        with _translated(sha256):
            await obstore.put_async(self._store, sha256, path)

    async def _get(self, sha256: str) -> bytes:
        with _translated(sha256):
            found = await obstore.get_async(self._store, sha256)
            return bytes(await found.bytes_async())

    async def get_range(self, sha256: str, start: int, end: int) -> bytes:
        """As `BlobStore.get_range`."""
        size = (await self.head(sha256)).size
        if start >= min(end, size):
            return b""
        with _translated(sha256):
            part = await obstore.get_range_async(
                self._store, sha256, start=start, end=min(end, size)
            )
            return bytes(part)

    async def head(self, sha256: str) -> Blob:
        """As `BlobStore.head`."""
        with _translated(sha256):
            found = await obstore.head_async(self._store, sha256)
            return Blob(sha256, found["size"])

    async def list(self) -> AsyncIterator[Blob]:
        """As `BlobStore.list`."""
        with _translated("of the listing"):
            async for page in obstore.list(self._store):
                for entry in page:
                    yield Blob(entry["path"].rsplit("/", 1)[-1], entry["size"])

    async def delete(self, sha256: str) -> None:
        """As `BlobStore.delete`."""
        with _translated(sha256):
            try:
                await obstore.delete_async(self._store, sha256)
            except ABSENT:
                return

    async def signed_url(self, sha256: str, valid_for: timedelta = SIGNED_FOR) -> str:
        """As `BlobStore.signed_url`: a presigned address of the store itself."""
        with _translated(sha256):
            return await obstore.sign_async(self._store, "GET", sha256, valid_for)


@contextmanager
def _translated(sha256: str) -> Iterator[None]:
    """Raise our errors in place of the library's."""
    try:
        yield
    except ABSENT as error:
        raise MissingBlob(f"There is no blob {sha256}.") from error
    except (BaseError, OSError) as error:
        raise BlobStoreUnavailable(f"The object store did not serve {sha256}: {error}") from error
