"""Liveness and readiness of a service. Readiness is checked with the database and the broker.

The service also checks itself, and logs each change of the result.
"""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

from aiokafka.errors import KafkaError
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis import logs, metrics
from chassis.db.database import AWAY, Database
from chassis.events import outbox

DATABASE_SECONDS, BROKER_SECONDS = 2.0, 0.5
STARTING_CHECK_SECONDS, CHECK_SECONDS, REMIND_SECONDS = 0.5, 5.0, 30.0
READ_ONLY = "the database is read-only: its disk is full, or its operator made it so"


async def live(_request: Request) -> Response:
    """GET /health/live: 200 while the event loop runs."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """GET /health/ready: 200 if the service can do its work, else 503; with the faults found.

    `{"status": "ready" | "unready", "database"?: why, "writes"?: why, "broker"?: why,
    "consumer"?: why, "counts": {name: number}}`. The database is always needed; while it is
    read-only the service is ready, because reads work. Without the broker the service is ready
    while its outbox has fewer rows than `outbox_rows_max`. With the broker, a service that has just
    started is ready when it has joined its consumer group.

    The counts are those of the outbox and of `app.state.health_counts`. Anyone who can reach the
    port can read them: they are numbers only, never names of projects or people.
    """
    is_ready, body = await _check(request.app.state)
    return JSONResponse(body, 200 if is_ready else 503)


async def watch(state: State) -> None:
    """Log until cancelled when the service becomes ready or unready, with reminders of the latter.

    Until it is ready for the first time, only the reminders are logged.
    """
    log = logs.get("health")
    before: tuple[bool, set[str]] = (False, set())
    began = logged_at = time.monotonic()
    while True:
        await asyncio.sleep(CHECK_SECONDS if before[0] else STARTING_CHECK_SECONDS)
        is_ready, body = await _check(state)
        now, missing = time.monotonic(), set(body) - {"status", "counts"}
        has_changed = (is_ready, missing) != before and (is_ready or before[0])
        if has_changed or (not is_ready and now - logged_at > REMIND_SECONDS):
            write = log.warning if missing else log.info
            write(body["status"], **body, seconds_since_start=round(now - began, 1))
            before, logged_at = (is_ready, missing), now


async def _check(state: State) -> tuple[bool, dict[str, Any]]:
    """Return True if the service is ready, and the body of the response."""
    rows = asyncio.create_task(_check_database(state.database))
    joined = "" if state.consumer.joined.is_set() else "the consumer has not joined its group yet"
    faults = {
        "database": await _fault_of(rows, DATABASE_SECONDS),
        "writes": "",
        "broker": await _fault_of(state.producer.check(), BROKER_SECONDS),
        "consumer": joined,
    }
    counts = {}
    if not faults["database"]:
        counts["outbox_rows"], faults["writes"] = rows.result()
    for name, fault in faults.items():
        metrics.UP.labels(name).set(not fault)
    is_ready = bool(counts) and _is_ready(faults, counts, state.settings.outbox_rows_max)
    body = {
        "status": "ready" if is_ready else "unready",
        **{name: fault for name, fault in faults.items() if fault},
        "counts": {**state.health_counts, **counts},
    }
    return is_ready, body


def _is_ready(faults: dict[str, str], counts: dict[str, int], rows_max: int) -> bool:
    """Return True if a service whose database answers can work in spite of `faults`."""
    if faults["broker"]:
        return counts["outbox_rows"] < rows_max
    return not faults["consumer"]


async def _fault_of(check: Awaitable[object], seconds: float) -> str:
    """Return an empty text if `check` succeeds within `seconds`, else the fault."""
    try:
        async with asyncio.timeout(seconds):
            await check
    except (*AWAY, KafkaError) as error:
        return str(error) or type(error).__name__
    return ""


async def _check_database(database: Database) -> tuple[int, str]:
    """Return the number of rows in the outbox, and the reason if nothing can be written."""
    async with database.transaction() as transaction:
        connection = await transaction.connection()
        is_read_only = await connection.fetchval("SHOW transaction_read_only") == "on"
        return await outbox.rows_at_most(transaction), READ_ONLY if is_read_only else ""
