"""Background tasks that run beside the API for as long as the process lives."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from chassis import logs

Task = Callable[[], Coroutine[Any, Any, None]]


@asynccontextmanager
async def running(*tasks: Task) -> AsyncIterator[None]:
    """Run `tasks` beside the API; end the process as soon as one of them fails."""
    async with asyncio.TaskGroup() as group:
        started = [group.create_task(task()) for task in tasks]
        for task in started:
            task.add_done_callback(_stop_process)
        yield
        for task in started:
            task.remove_done_callback(_stop_process)
            task.cancel()


def _stop_process(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        logs.get("service").error(
            "a background task failed; the process ends", exc_info=task.exception()
        )
        os.kill(os.getpid(), signal.SIGTERM)


async def finish_if_cancelled(work: Awaitable[object], seconds: float = 5.0) -> None:
    """Await `work`; if the caller is cancelled, let `work` run for up to `seconds` more.

    aiokafka leaves connections open when it is cancelled while it starts.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
