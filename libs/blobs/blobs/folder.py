"""Blobs as files in a local folder, each named by its digest."""

import asyncio
import io
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

from blobs.errors import MissingBlob
from blobs.signing import UrlSigner
from blobs.store import SIGNED_FOR, Blob, BlobStore

_DIGEST = re.compile(r"[0-9a-f]{64}")


class FolderStore(BlobStore):
    """A blob store in a folder, which is made when the first blob is stored.

    The folder may be shared by processes, and lie on a network drive that has hard links.
    """

    def __init__(self, folder: Path, signer: UrlSigner) -> None:
        """Store in `folder`; `signer` makes the addresses, which a service must serve."""
        self.folder = folder
        self._signer = signer

    async def _put(self, sha256: str, content: bytes) -> bool:
        return await asyncio.to_thread(self._write, sha256, content)

    async def _put_file(self, sha256: str, path: Path) -> None:
        with path.open("rb") as source:
            await asyncio.to_thread(self._write, sha256, source)

    def _write(self, sha256: str, content: bytes | IO[bytes]) -> bool:
        path = self._path(sha256)
        if path.exists():
            _sync(self.folder)  # The process that wrote it may not have done that yet.
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(prefix=".partial-", dir=self.folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(
                    io.BytesIO(content) if isinstance(content, bytes) else content, file
                )
                file.flush()
                os.fsync(file.fileno())
            is_new = _link(partial, path)
        finally:
            os.unlink(partial)
        _sync(self.folder)
        return is_new

    async def _get(self, sha256: str) -> bytes:
        return await asyncio.to_thread(self._read, sha256, 0, None)

    async def get_range(self, sha256: str, start: int, end: int) -> bytes:
        """As `BlobStore.get_range`."""
        return await asyncio.to_thread(self._read, sha256, start, end)

    def _read(self, sha256: str, start: int, end: int | None) -> bytes:
        try:
            with self._path(sha256).open("rb") as file:
                file.seek(start)
                return file.read() if end is None else file.read(max(0, end - start))
        except FileNotFoundError as error:
            raise _missing(sha256) from error

    async def head(self, sha256: str) -> Blob:
        """As `BlobStore.head`."""
        try:
            status = await asyncio.to_thread(self._path(sha256).stat)
        except FileNotFoundError as error:
            raise _missing(sha256) from error
        return Blob(sha256, status.st_size)

    async def list(self) -> AsyncIterator[Blob]:
        """As `BlobStore.list`."""
        for sha256 in await asyncio.to_thread(_names, self.folder):
            with suppress(MissingBlob):  # It was deleted meanwhile.
                yield await self.head(sha256)

    async def delete(self, sha256: str) -> None:
        """As `BlobStore.delete`."""
        await asyncio.to_thread(self._path(sha256).unlink, missing_ok=True)

    async def signed_url(self, sha256: str, valid_for: timedelta = SIGNED_FOR) -> str:
        """As `BlobStore.signed_url`: the path `/v1/blobs/{sha256}` of the service."""
        return self._signer.sign(sha256, valid_for)

    def check_signature(self, sha256: str, expires: int, signature: str) -> None:
        """Raise InvalidSignature unless an address of `signed_url` has these and is still good."""
        self._signer.check(sha256, expires, signature)

    def _path(self, sha256: str) -> Path:
        if not _DIGEST.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a sha256: expected 64 hexadecimal digits.")
        return self.folder / sha256


def _names(folder: Path) -> list[str]:
    """Return the digests that files of the folder are named by, in order."""
    if not folder.exists():
        return []
    return sorted(name for name in os.listdir(folder) if _DIGEST.fullmatch(name))


def _link(partial: str, path: Path) -> bool:
    """Give the file its name unless there is one by that name; return True if there was none."""
    try:
        os.link(partial, path)
    except FileExistsError:
        return False
    return True


def _sync(folder: Path) -> None:
    """Write the entries of a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing(sha256: str) -> MissingBlob:
    return MissingBlob(f"There is no blob {sha256}.")
