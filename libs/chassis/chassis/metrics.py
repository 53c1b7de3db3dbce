"""The metrics that every service has, with what to do about each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Counter, Gauge, Histogram, start_http_server

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

REQUESTS = Histogram(
    "labelwright_http_request_seconds",
    "Seconds from a request to where its response begins, by route template, method and status "
    "class. What waits for work (`wait_seconds`) is in it. "
    "A rising 5xx count is a bug: look in the logs for its trace id.",
    ["route", "method", "status"],
    buckets=_BUCKETS,
)
OUTBOX_AGE = Gauge(
    "labelwright_outbox_age_seconds",
    "Age of the oldest event not yet in Kafka. Above 30: the broker is away or too slow.",
)
OUTBOX_SENT = Counter("labelwright_outbox_sent_total", "Events given to Kafka.")
CONSUMED = Counter(
    "labelwright_events_consumed_total",
    "Events taken from Kafka, by topic; `duplicate` says how many were known already.",
    ["topic", "outcome"],
)
CONSUMER_LAG = Gauge(
    "labelwright_consumer_lag_events",
    "Events that wait in Kafka for this process, by topic. Rising: add replicas.",
    ["topic"],
)
DEAD_LETTERS = Counter(
    "labelwright_dead_letters_total",
    "Events put aside, by topic. Any: look with labelwright-dead-letters, mend, replay.",
    ["topic"],
)
UP = Gauge(
    "labelwright_dependency_up",
    "1 while the database or the broker answers, else 0, as of the last readiness check.",
    ["dependency"],
)


@asynccontextmanager
async def served(host: str, port: int | None) -> AsyncIterator[None]:
    """Answer `GET /metrics` at `host`:`port`; nowhere if `port` is None. Raises OSError.

    Never at the API's port: whoever may reach that must not see counters move with each answer.
    A thread serves it, so that a busy event loop can still be measured.
    """
    if port is None:
        yield
        return
    server, thread = start_http_server(port, host)
    try:
        yield
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()
