"""Is the process alive; can it work? The second really asks the database and the broker."""

import asyncio
from collections.abc import Awaitable

import asyncpg
from aiokafka.errors import KafkaError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis import metrics, outbox
from chassis.database import Sessions, transaction

DATABASE_SECONDS, BROKER_SECONDS = 2.0, 0.5
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, OSError, TimeoutError)

counts: dict[str, int] = {}
"""Numbers that /health/ready tells beside its own, as `counts["failing_projects"] = 2`.

Whoever may reach the port reads them: numbers only, never the name of a project or a person.
"""


async def live(_request: Request) -> Response:
    """GET /health/live: the event loop turns."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """GET /health/ready: 200 if the service can do its work, else 503; and what does not answer.

    `{"status": "ready" | "unready", "database"?: why, "broker"?: why, "consumer"?: why,
    "counts": {name: number}}`. The database is always needed. Without the broker the service is
    ready for as long as its outbox can hold what it says (`outbox_rows_max`). With the broker
    there, a service that has just started is ready once it has joined its consumer group.
    """
    state = request.app.state
    rows = asyncio.create_task(_outbox_rows(state.sessions))
    joined = "" if state.consumer.joined.is_set() else "the consumer has not joined its group yet"
    answers = {
        "database": await _failure(rows, DATABASE_SECONDS),
        "broker": await _failure(state.producer.check(), BROKER_SECONDS),
        "consumer": joined,
    }
    for name, why in answers.items():
        metrics.UP.labels(name).set(not why)
    found = {} if answers["database"] else {"outbox_rows": rows.result()}
    is_ready = bool(found) and _can_do_without(answers, found, state.settings.outbox_rows_max)
    body = {
        "status": "ready" if is_ready else "unready",
        **{name: why for name, why in answers.items() if why},
        "counts": {**counts, **found},
    }
    return JSONResponse(body, 200 if is_ready else 503)


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


async def _outbox_rows(sessions: Sessions) -> int:
    async with transaction(sessions) as session:
        return await outbox.rows_at_most(session)
