"""Is the process alive; can it work? The second really asks the database and the broker."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis import metrics
from chassis.database import Sessions, raw, transaction

CHECK_SECONDS = 2.0
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, OSError, TimeoutError)


async def live(_request: Request) -> Response:
    """GET /health/live: the event loop turns."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """GET /health/ready: 200 if the database and the broker answer, else 503 and which does not."""
    state = request.app.state
    checks = {
        "database": lambda: _database(state.sessions),
        "broker": lambda: _broker(state.producer),
        "consumer": lambda: _joined(state.consumer.joined),
    }
    answers = await asyncio.gather(*(_check(check) for check in checks.values()))
    failed = {name: why for name, why in zip(checks, answers, strict=True) if why}
    for name in checks:
        metrics.UP.labels(name).set(name not in failed)
    status = 503 if failed else 200
    body = {"status": "unready" if failed else "ready", **failed}
    return JSONResponse(body, status)


async def _check(check: Callable[[], Awaitable[None]]) -> str:
    """Empty if `check` succeeds in time, else why not."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        KafkaError,
        OSError,
        TimeoutError,
    ) as error:
        return str(error) or type(error).__name__
    return ""


async def _database(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        await (await raw(session)).execute("SELECT 1")


async def _broker(producer: AIOKafkaProducer) -> None:
    await producer.client.fetch_all_metadata()


async def _joined(joined: asyncio.Event) -> None:
    if not joined.is_set():
        raise OSError("the consumer has not joined its group yet")
