"""The lines that a service writes about itself: start with its settings, and stop with why."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from signal import Signals

from chassis import logs, shutdown
from chassis.settings import ServiceSettings

DISTRIBUTION = "labelwright-chassis"
"""All parts of the product are released together, under one version."""


@asynccontextmanager
async def logged(settings: ServiceSettings) -> AsyncIterator[None]:
    """Log that the service starts, and that it has stopped, after how long and why."""
    log, began = logs.get("service"), time.monotonic()
    reason = "the server ended it"

    def note(signal: Signals) -> None:
        nonlocal reason
        reason = signal.name

    log.info("starting", version=version(DISTRIBUTION), settings=settings.model_dump(mode="json"))
    try:
        with shutdown.on_signal(note):
            yield
    except BaseException as error:
        reason = repr(_first(error))
        raise
    finally:
        log.info("stopped", reason=reason, after_seconds=round(time.monotonic() - began, 1))


def _first(error: BaseException) -> BaseException:
    """What went wrong first, out of the groups that tasks wrap it in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
