"""Calls over one kept connection, with requests made beforehand: a client that costs little.

Whoever measures here shares the processors with what is measured. This client takes about a tenth
of what httpx does, so that a latency is the server's. It knows of HTTP what our servers answer.
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
    """Run `work` in a loop that is as quick as the servers' own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request, ready to be sent."""
    told = {"host": "127.0.0.1", "content-type": "application/json", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


class Refused(Exception):
    """The server answered something else than what was asked for."""


class Connection(asyncio.Protocol):
    """One connection, one call at a time."""

    def __init__(self) -> None:
        """Nothing is under way."""
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def to(cls, url: str) -> "Connection":
        """A connection to the server at `url`."""
        where = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(cls, where.hostname or "", where.port or 80)
        return made

    async def call(self, prepared: bytes) -> bytes:
        """The body of the answer. Raises Refused for what is no success."""
        assert self._transport is not None
        self._got = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(prepared)
        status, body = await self._answer
        if status >= 300:
            raise Refused(f"{status}: {body.decode()}")
        return body

    def close(self) -> None:
        """Say no more."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The loop tells it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """The loop tells it: an answer is there once it is complete."""
        self._got += data
        head = self._got.find(_END)
        if head < 0 or self._answer is None or self._answer.done():
            return
        length = _LENGTH.search(self._got, 0, head)
        body = self._got[head + len(_END) :]
        if length is None or len(body) >= int(length[1]):
            self._answer.set_result((int(self._got[_STATUS]), body))

    def connection_lost(self, error: Exception | None) -> None:
        """The loop tells it."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server closed it"))
