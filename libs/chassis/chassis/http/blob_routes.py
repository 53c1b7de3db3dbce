"""Routes that serve content of the blob store, whole or in a range, by token or signed address."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from blobs import (
    BlobStore,
    BlobStoreUnavailable,
    CorruptBlob,
    FolderStore,
    InvalidSignature,
    MissingBlob,
)


class RangeNotSatisfiable(Exception):
    """The range lies beyond the end of the content."""

    def __init__(self, size: int) -> None:
        """`size`: the size of the content in bytes."""
        self.headers = {"content-range": f"bytes */{size}"}
        super().__init__(f"The content has {size:,} bytes.")


REFUSALS: dict[type[Exception], int] = {
    MissingBlob: 404,
    RangeNotSatisfiable: 416,
    InvalidSignature: 403,
    CorruptBlob: 503,
    BlobStoreUnavailable: 503,
}
MEDIA_TYPE = "application/json"
PIECE_BYTES = 1 << 20
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
    for status, text in ((200, "The payload."), (206, "The part of it that was asked for."))
}
"""The responses of a route that returns `blob_response`, for the OpenAPI document."""
_RANGE = re.compile(r"bytes=(\d{1,18})?-(\d{1,18})?")

router = APIRouter()
"""Include this router under /v1, and set `app.state.blobs` to the store."""

Range = Annotated[str | None, Header(alias="range", max_length=100)]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class Part(NamedTuple):
    """The bytes from `start` up to but not including `end`."""

    start: int
    end: int


@router.get("/blobs/{sha256}", response_class=StreamingResponse, responses=RESPONSES)
async def get_signed_blob(
    sha256: Digest,
    request: Request,
    expires: Annotated[int, Query(ge=0, le=2**53)],
    signature: Annotated[str, Query(pattern=r"^[0-9a-f]{64}$")],
    range_: Range = None,
) -> Response:
    """Return the payload at a signed address, without a token. 403 if the address has expired."""
    store: BlobStore = request.app.state.blobs
    if not isinstance(store, FolderStore):
        raise MissingBlob("Addresses of an object store are served by that store.")
    store.check_signature(sha256, expires, signature)
    return await blob_response(store, sha256, range_)


async def blob_response(store: BlobStore, sha256: str, range_: str | None) -> Response:
    """Return a blob as JSON, or the part of it that a Range header asks for.

    Raises MissingBlob, RangeNotSatisfiable.
    """
    size = (await store.head(sha256)).size
    part = requested_part(range_, size)
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "private, max-age=31536000, immutable",
        "etag": f'"{sha256}"',
    }
    if part is None:
        raise RangeNotSatisfiable(size)
    headers["content-length"] = str(part.end - part.start)
    is_whole = part == (0, size)
    if not is_whole:
        headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    content = _pieces(store, sha256, part)
    return StreamingResponse(content, 200 if is_whole else 206, headers, MEDIA_TYPE)


async def _pieces(store: BlobStore, sha256: str, part: Part) -> AsyncIterator[bytes]:
    for start in range(part.start, part.end, PIECE_BYTES):
        yield await store.get_range(sha256, start, min(start + PIECE_BYTES, part.end))


def requested_part(header: str | None, size: int) -> Part | None:
    """Return the part of `size` bytes that a Range header asks for (RFC 9110, 14.2).

    Return None if it lies beyond the end. Return all of it without a header, and for a header that
    is malformed or asks for several parts: a server may ignore a range.
    """
    found = _RANGE.fullmatch(header.strip()) if header is not None else None
    if found is None or found.groups() == (None, None):
        return Part(0, size)
    first, last = found.groups()
    if first is None:
        return Part(size - min(int(last), size), size) if int(last) and size else None
    start, end = int(first), size if last is None else min(int(last) + 1, size)
    if last is not None and int(last) < start:
        return Part(0, size)
    return Part(start, end) if start < size else None
