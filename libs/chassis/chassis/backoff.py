"""Repetition of work that fails while the database or the broker is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiokafka.errors import KafkaError

from chassis import logs
from chassis.db.database import is_transient

PAUSE_SECONDS = 0.5

Result = TypeVar("Result")


async def until_available(work: Callable[[], Awaitable[Result]], part: str) -> Result:
    """Return the result of `work`, repeating it while the database or the broker is away.

    Each failure is logged under the name `part`. Every other error is raised.
    """
    while True:
        try:
            return await work()
        except KafkaError as error:
            logs.get(part).warning("the broker is away; trying again", error=str(error))
        except Exception as error:
            if not is_transient(error):
                raise
            logs.get(part).warning("the database is away; trying again", error=str(error))
        await asyncio.sleep(PAUSE_SECONDS)
