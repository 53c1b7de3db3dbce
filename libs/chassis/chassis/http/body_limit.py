"""A limit on the size of request bodies, applied before a body fills the memory.

Starlette's own limit responds in plain text. This one raises where the body is read, so that the
refusal is problem+json like all others. If a request is refused before its body was read, because
of its token or its size, the connection is closed, since the rest of the body is not read.
"""

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUFFERED_BYTES = 65_536
"""The server buffers this much of a body even if the application does not read it."""
CLOSE = (b"connection", b"close")


class BodyLimitMiddleware:
    """Middleware that refuses request bodies above the limit of their path."""

    def __init__(self, app: ASGIApp, bytes_max_of: Callable[[str], int]) -> None:
        """Wrap `app`. `bytes_max_of`: returns the limit of a path."""
        self._app = app
        self._bytes_max_of = bytes_max_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes of the body as they are read. Raises HTTPException with status 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        bytes_max = self._bytes_max_of(scope["path"])
        announced = int(headers.get(b"content-length", 0))
        is_whole = announced <= BUFFERED_BYTES and b"transfer-encoding" not in headers
        read = 0

        async def counted() -> Message:
            nonlocal read, is_whole
            message: Message = {} if announced > bytes_max else await receive()
            read += len(message.get("body", b""))
            if max(read, announced) > bytes_max:
                raise HTTPException(413, f"A body may have at most {bytes_max:,} bytes.")
            is_whole = is_whole or not message.get("more_body", False)
            return message

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and not is_whole:
                message["headers"] = [*message.get("headers", ()), CLOSE]
            await send(message)

        await self._app(scope, counted, send if is_whole else closing)
