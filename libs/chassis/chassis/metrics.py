"""The metrics of every service. Each help text says what a bad value means and what to do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import Counter, Gauge, Histogram, start_http_server

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

REQUESTS = Histogram(
    "labelwright_http_request_seconds",
    "Seconds from a request to the start of its response, by route template, method and status "
    "class. It includes the time that a request waits for work (`wait_seconds`). "
    "A rising 5xx count is a bug: find its trace id in the log.",
    ["route", "method", "status"],
    buckets=_BUCKETS,
)
OUTBOX_AGE = Gauge(
    "labelwright_outbox_age_seconds",
    "Age of the oldest event not yet in Kafka. Above 30: the broker is away or too slow; check it.",
)
OUTBOX_SENT = Counter("labelwright_outbox_sent_total", "Events sent to Kafka.")
CONSUMED = Counter(
    "labelwright_events_consumed_total",
    "Events read from Kafka, by topic and outcome: `new`, or `duplicate` if handled before.",
    ["topic", "outcome"],
)
CONSUMER_LAG = Gauge(
    "labelwright_consumer_lag_events",
    "Events in Kafka that this process has not handled yet, by topic. Rising: add replicas.",
    ["topic"],
)
DEAD_LETTERS = Counter(
    "labelwright_dead_letters_total",
    "Dead letters, by topic. Above 0: list them with labelwright-dead-letters, mend the cause, "
    "replay them.",
    ["topic"],
)
UP = Gauge(
    "labelwright_dependency_up",
    "1 if the database or the broker answered the last readiness check, else 0.",
    ["dependency"],
)


@asynccontextmanager
async def served(host: str, port: int | None) -> AsyncIterator[None]:
    """Serve `GET /metrics` at `host`:`port`; do nothing if `port` is None. Raises OSError.

    This is never the port of the API, whose clients must not see counters change with each
    request. A thread serves the metrics, so that a busy event loop can still be measured.
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
