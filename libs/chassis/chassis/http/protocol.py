"""Limits on the head of a request: its size, and the time in which it must arrive.

Run a service as `uvicorn --http chassis.http.protocol:BoundedHttpProtocol`. uvicorn's own protocol
over httptools joins a long header piece by piece, so its time grows with the square of the size,
and it waits for the rest of a request without a limit.
"""

import asyncio
from asyncio.events import TimerHandle
from http import HTTPStatus
from typing import Any

import orjson
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from chassis.settings import HttpLimits

STATE_KEY = "http_limits"
"""The key of the HttpLimits in the application's lifespan state."""


class HeadTooLarge(Exception):
    """Raised when the request line and the headers are larger than the limit."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol that closes connections whose head is too large or too slow."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Create the protocol of one connection, as uvicorn does."""
        super().__init__(config, server_state, app_state, _loop)
        self._limits: HttpLimits = app_state.get(STATE_KEY, HttpLimits())
        self._unfinished_bytes = 0
        self._head_timer: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer of the first head."""
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer, which would keep the connection in memory."""
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse `data`, and count the bytes of a part that the parser has not finished."""
        self._unfinished_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._unfinished_bytes > self._limits.head_bytes_max:
            self.send_400_response("")  # Also for endless trailers and chunk extensions.
        elif self.cycle is None or self.cycle.response_complete:
            self._start_head_timer()

    def on_headers_complete(self) -> None:
        """Pass the request to the application. Raises HeadTooLarge."""
        self._stop_head_timer()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self._limits.head_bytes_max:
            self._unfinished_bytes = size
            raise HeadTooLarge  # The parser stops; uvicorn then calls `send_400_response`.
        self._unfinished_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass a piece of the body to the application."""
        self._unfinished_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Finish the request."""
        self._unfinished_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer an invalid or too large request with problem+json, and close the connection."""
        detail, status = msg, HTTPStatus.BAD_REQUEST
        if self._unfinished_bytes > self._limits.head_bytes_max:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            detail = (
                f"A request line and its headers may have {self._limits.head_bytes_max:,} bytes."
            )
        self._stop_head_timer()
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_problem(status, detail))
        self.transport.close()

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._limits.head_seconds, self._close)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _close(self) -> None:
        self._head_timer = None
        self.transport.close()


def _problem(status: HTTPStatus, detail: str) -> bytes:
    """Return a complete HTTP response, without the path and the trace that a request would have."""
    kind = status.phrase.lower().replace(" ", "-")
    body = orjson.dumps(
        {
            "type": f"urn:problem:{kind}",
            "title": status.phrase,
            "status": status.value,
            "detail": detail,
        }
    )
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
    return f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body
