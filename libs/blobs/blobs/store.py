"""The interface of a blob store.

A blob is stored under the SHA-256 digest of its content, so it never changes: writing it twice has
no effect, and a reader can check the content.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from blobs.errors import CorruptBlob, WrongDigest

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


def digest_of(content: bytes) -> str:
    """Return the SHA-256 digest of `content` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
