"""A body that is too large is refused, as problem+json and before it fills the memory.

Starlette's own limit answers in plain text; this one raises where the body is read, so that the
refusal takes the form of all others. A request that is answered before its body was read, since its
token is not good or its body too large, is the last of its connection: nobody reads the rest.
"""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUFFERED_BYTES = 65_536
"""The server takes in this much of a body whether it is read or not."""
CLOSE = (b"connection", b"close")


class BodyLimitMiddleware:
    """Middleware that lets at most `bytes_max` of a request body through."""

    def __init__(self, app: ASGIApp, bytes_max: int) -> None:
        """Wrap `app`."""
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        announced = int(headers.get(b"content-length", 0))
        is_whole = announced <= BUFFERED_BYTES and b"transfer-encoding" not in headers
        read = 0

        async def counted() -> Message:
            nonlocal read, is_whole
            message: Message = {} if announced > self._bytes_max else await receive()
            read += len(message.get("body", b""))
            if max(read, announced) > self._bytes_max:
                raise HTTPException(413, f"A body may hold {self._bytes_max:,} bytes at most.")
            is_whole = is_whole or not message.get("more_body", False)
            return message

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and not is_whole:
                message["headers"] = [*message.get("headers", ()), CLOSE]
            await send(message)

        await self._app(scope, counted, send if is_whole else closing)
