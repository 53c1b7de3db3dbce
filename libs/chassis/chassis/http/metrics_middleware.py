"""Middleware that gives every request its trace, its log line and its measured duration.

The duration ends at the start of the response: a stream of events continues while its page is open,
and a download takes as long as its reader.
"""

import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import logs, metrics
from chassis.http.request_log import RequestLog, route

TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""A W3C trace context of version 00. Any other value of the header is replaced by a new one."""


class MetricsMiddleware:
    """Middleware that continues the caller's trace and measures rate, errors and duration."""

    def __init__(self, app: ASGIApp, sample_every: int = 0) -> None:
        """Wrap `app`; log each `sample_every`-th of the successful requests."""
        self._app = app
        self._log = RequestLog(sample_every)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application, then record and log the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        logs.continue_trace(_parent(scope))
        trace = logs.traceparent().encode()
        started, status = time.perf_counter(), 500
        ended: float | None = None

        async def note(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status, ended = message["status"], time.perf_counter()
                message["headers"] = [*message.get("headers", ()), (b"traceparent", trace)]
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            seconds = (ended or time.perf_counter()) - started
            labels = (route(scope), scope["method"], f"{status // 100}xx")
            metrics.REQUESTS.labels(*labels).observe(seconds)
            self._log.add(scope, status, seconds)


def _parent(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"traceparent" and TRACEPARENT.fullmatch(value):
            return str(value.decode("latin-1"))
    return ""
