"""Is the process alive; can it work? The second really asks the database and the broker.

The service also asks itself, and logs each time that the answer changes.
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
FAILURES = (*AWAY, KafkaError, TimeoutError)
FIRST_LOOK_SECONDS, LOOK_SECONDS, REMIND_SECONDS = 0.5, 5.0, 30.0
READ_ONLY = "the database is read-only: its disk is full, or its operator is at work"

counts: dict[str, int] = {}
"""Numbers that /health/ready tells beside its own, as `counts["failing_projects"] = 2`.

Whoever may reach the port reads them: numbers only, never the name of a project or a person.
"""


async def live(_request: Request) -> Response:
    """GET /health/live: the event loop turns."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """GET /health/ready: 200 if the service can do its work, else 503; and what does not answer.

    `{"status": "ready" | "unready", "database"?: why, "writes"?: why, "broker"?: why,
    "consumer"?: why, "counts": {name: number}}`. While the database is read-only the service is
    ready, for it can be read. The database is always needed. Without the broker the service is
    ready for as long as its outbox can hold what it says (`outbox_rows_max`). With the broker
    there, a service that has just started is ready once it has joined its consumer group.
    """
    is_ready, body = await _look(request.app.state)
    return JSONResponse(body, 200 if is_ready else 503)


async def watch(state: State) -> None:
    """Log when the service becomes ready or unready, for ever; while it is unready, again.

    Until it is ready for the first time nothing is logged but the reminder.
    """
    log = logs.get("health")
    before: tuple[bool, set[str]] = (False, set())
    began = told_at = time.monotonic()
    while True:
        await asyncio.sleep(LOOK_SECONDS if before[0] else FIRST_LOOK_SECONDS)
        is_ready, body = await _look(state)
        now, missing = time.monotonic(), set(body) - {"status", "counts"}
        has_changed = (is_ready, missing) != before and (is_ready or before[0])
        if has_changed or (not is_ready and now - told_at > REMIND_SECONDS):
            write = log.warning if missing else log.info
            write(body["status"], **body, seconds_since_start=round(now - began, 1))
            before, told_at = (is_ready, missing), now


async def _look(state: State) -> tuple[bool, dict[str, Any]]:
    """Whether the service is ready, and the body of the answer to who asks."""
    rows = asyncio.create_task(_ask_database(state.database))
    joined = "" if state.consumer.joined.is_set() else "the consumer has not joined its group yet"
    answers = {
        "database": await _failure(rows, DATABASE_SECONDS),
        "writes": "",
        "broker": await _failure(state.producer.check(), BROKER_SECONDS),
        "consumer": joined,
    }
    found = {}
    if not answers["database"]:
        found["outbox_rows"], answers["writes"] = rows.result()
    for name, why in answers.items():
        metrics.UP.labels(name).set(not why)
    is_ready = bool(found) and _can_do_without(answers, found, state.settings.outbox_rows_max)
    body = {
        "status": "ready" if is_ready else "unready",
        **{name: why for name, why in answers.items() if why},
        "counts": {**counts, **found},
    }
    return is_ready, body


def _can_do_without(answers: dict[str, str], found: dict[str, int], rows_max: int) -> bool:
    """Whether a service whose database answers can do its work without what does not."""
    if answers["broker"]:
        return found["outbox_rows"] < rows_max
    return not answers["consumer"]


async def _failure(check: Awaitable[object], seconds: float) -> str:
    """Empty if `check` succeeds in time, else why not."""
    try:
        async with asyncio.timeout(seconds):
            await check
    except FAILURES as error:
        return str(error) or type(error).__name__
    return ""


async def _ask_database(database: Database) -> tuple[int, str]:
    """The number of rows in the outbox; and why nothing can be written, empty if it can."""
    async with database.transaction() as transaction:
        connection = await transaction.connection()
        is_read_only = await connection.fetchval("SHOW transaction_read_only") == "on"
        return await outbox.rows_at_most(transaction), READ_ONLY if is_read_only else ""
