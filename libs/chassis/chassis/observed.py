"""Around every request: its trace and its duration."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import logs, metrics


class Observed:
    """Middleware that continues the caller's trace and measures rate, errors and duration."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and say how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        logs.continue_trace(_parent(scope))
        started, status = time.perf_counter(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            seconds = time.perf_counter() - started
            labels = (route, scope["method"], f"{status // 100}xx")
            metrics.REQUESTS.labels(*labels).observe(seconds)


def _parent(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"traceparent" and len(value) == 55:
            return str(value.decode("latin-1"))
    return ""
