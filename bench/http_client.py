"""A fast HTTP client: prepared requests over one persistent connection.

Benchmarks share the processors with the servers. This client takes about a tenth of the CPU time of
httpx, so that a latency is the server's. It supports only the HTTP that our servers use.
"""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import uvloop

T = TypeVar("T")

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
_STATUS = slice(9, 12)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on uvloop, as the servers do."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    all_headers = {"host": "127.0.0.1", "content-type": "application/json", **headers}
    lines = [
        f"{method} {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in all_headers.items()),
    ]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


class Refused(Exception):
    """Raised when the status of a response is not a success."""


class Connection(asyncio.Protocol):
    """One connection, on which one call is made at a time."""

    def __init__(self) -> None:
        """Create an idle connection; `open` connects it."""
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._response: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, url: str) -> "Connection":
        """Connect to the server at `url`."""
        address = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            cls, address.hostname or "", address.port or 80
        )
        return connection

    async def call(self, prepared: bytes) -> bytes:
        """Send a request and return the body of the response. Raises Refused."""
        assert self._transport is not None
        self._received = b""
        self._response = asyncio.get_running_loop().create_future()
        self._transport.write(prepared)
        status, body = await self._response
        if status >= 300:
            raise Refused(f"{status}: {body.decode()}")
        return body

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport; the event loop calls this."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Collect the response until it is complete; the event loop calls this."""
        self._received += data
        head = self._received.find(_END)
        if head < 0 or self._response is None or self._response.done():
            return
        length = _LENGTH.search(self._received, 0, head)
        body = self._received[head + len(_END) :]
        if length is None or len(body) >= int(length[1]):
            self._response.set_result((int(self._received[_STATUS]), body))

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the pending call; the event loop calls this."""
        if self._response is not None and not self._response.done():
            self._response.set_exception(
                error or ConnectionError("the server closed the connection")
            )
