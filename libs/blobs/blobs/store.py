"""The interface of a blob store.

A blob is stored under the SHA-256 digest of its content, so it never changes: writing it twice has
no effect, and a reader can check the content.
"""

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from blobs.errors import CorruptBlob, WrongDigest

PIECE_BYTES = 8 << 20
"""The size of the pieces in which a blob is read to a file."""
SIGNED_FOR = timedelta(minutes=15)
"""The time for which a signed address is valid."""


@dataclass(frozen=True, slots=True)
class Blob:
    """The digest (64 hexadecimal digits) and the size (bytes) of a stored blob."""

    sha256: str
    size: int


class BlobStore(ABC):
    """Stores blobs. Every method may raise BlobStoreUnavailable; a local folder raises OSError."""

    async def put_if_absent(self, sha256: str, content: bytes) -> bool:
        """Store `content` durably unless it is there; return True if it was not.

        A reader sees all of it or nothing. Raises WrongDigest if `sha256` is not its digest.
        """
        if digest_of(content) != sha256:
            raise WrongDigest(f"The content has the sha256 {digest_of(content)}, not {sha256}.")
        return await self._put(sha256, content)

    async def get(self, sha256: str) -> bytes:
        """Return the whole content. Raises MissingBlob, and CorruptBlob if its digest differs."""
        content = await self._get(sha256)
        if digest_of(content) != sha256:
            raise CorruptBlob(f"The blob {sha256} has the sha256 {digest_of(content)}.")
        return content

    async def put_file(self, path: Path) -> Blob:
        """Store the content of a file durably unless it is there, in bounded memory."""
        sha256 = await asyncio.to_thread(digest_of_file, path)
        await self._put_file(sha256, path)
        return await self.head(sha256)

    async def get_file(self, sha256: str, path: Path) -> None:
        """Write the content to a file, in bounded memory. Raises MissingBlob, CorruptBlob."""
        size = (await self.head(sha256)).size
        await asyncio.to_thread(path.write_bytes, b"")
        for start in range(0, size, PIECE_BYTES):
            piece = await self.get_range(sha256, start, start + PIECE_BYTES)
            await asyncio.to_thread(append, path, piece)
        found = await asyncio.to_thread(digest_of_file, path)
        if found != sha256:
            raise CorruptBlob(f"The blob {sha256} has the sha256 {found}.")

    @abstractmethod
    async def _put_file(self, sha256: str, path: Path) -> None:
        """Store the content of a file, whose digest is `sha256`."""

    @abstractmethod
    async def _put(self, sha256: str, content: bytes) -> bool:
        """Store content whose digest was checked."""

    @abstractmethod
    async def _get(self, sha256: str) -> bytes:
        """Return the content, whose digest is still to be checked."""

    @abstractmethod
    async def get_range(self, sha256: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to but not including `end`, or fewer at the end.

        Raises MissingBlob. The digest of a part cannot be checked.
        """

    @abstractmethod
    async def head(self, sha256: str) -> Blob:
        """Return the digest and the size. Raises MissingBlob."""

    @abstractmethod
    def list(self) -> AsyncIterator[Blob]:
        """Yield every blob in the order of the digests."""

    @abstractmethod
    async def delete(self, sha256: str) -> None:
        """Remove a blob; do nothing if it is not there."""

    @abstractmethod
    async def signed_url(self, sha256: str, valid_for: timedelta = SIGNED_FOR) -> str:
        """Return an address from which anyone can read the blob until `valid_for` is over.

        It is returned also for a missing blob, and then answers 404.
        """


def append(path: Path, piece: bytes) -> None:
    """Append a piece to a file, which is made if it does not exist."""
    with path.open("ab") as file:
        file.write(piece)


def digest_of(content: bytes) -> str:
    """Return the SHA-256 digest of `content` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 digest of the content of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
