"""The log lines of a service about its start, with its settings, and its stop, with the reason."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from signal import Signals

from chassis import logs, shutdown
from chassis.settings import ServiceSettings

DISTRIBUTION = "labelwright-chassis"
"""The distribution whose version is logged: all parts of the product have the same version."""


@asynccontextmanager
async def logged(settings: ServiceSettings) -> AsyncIterator[None]:
    """Log the start of the service, and its stop with the duration and the reason."""
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
    """Return the first error in the exception groups that task groups raise."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
