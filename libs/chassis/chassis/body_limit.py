"""A body that is too large is refused, as problem+json and before it fills the memory.

Starlette's own limit answers in plain text; this one raises where the body is read, so that the
refusal takes the form of all others.
"""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Limited:
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
        announced = next((int(v) for k, v in scope["headers"] if k == b"content-length"), 0)
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive() if announced <= self._bytes_max else {"body": b""}
            read += len(message.get("body", b""))
            if max(read, announced) > self._bytes_max:
                raise HTTPException(413, f"A body may hold {self._bytes_max:,} bytes at most.")
            return message

        await self._app(scope, counted, send)
