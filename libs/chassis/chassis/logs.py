"""Structured logs: one JSON object per line, with the id of its trace.

Secrets are masked in every line, so more people may read the log than the database. Repeated lines
are counted instead of written.
"""

import logging
import secrets
from contextvars import ContextVar

import structlog

from chassis.log_masks import mask
from chassis.log_repeats import LibraryRepeats, OwnRepeats

# Local variables stay out of the log: among them are tokens and keys.
_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)

SERVER_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access")

_TRACE: ContextVar[str] = ContextVar("traceparent", default="")


def configure(level: str, service: str) -> None:
    """Write JSON lines to standard output, and those of libraries to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_TRACEBACKS),
    ]
    structlog.configure(
        processors=[OwnRepeats(), *shared, structlog.processors.JSONRenderer(), _masked],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    structlog.contextvars.bind_contextvars(service=service)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
            _masked,
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    handler.addFilter(LibraryRepeats())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in SERVER_LOGGERS:  # The server has given them handlers that write plain text.
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def _masked(
    logger: structlog.typing.WrappedLogger, method: str, line: structlog.typing.EventDict | str
) -> str:
    del logger, method
    return mask(str(line))


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger whose lines have the field `part` with the value `name`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(part=name)
    return logger


def traceparent() -> str:
    """Return the W3C trace context of the current task; begin a new one if there is none."""
    current = _TRACE.get()
    if not current:
        current = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
        continue_trace(current)
    return current


def continue_trace(parent: str) -> None:
    """Set the trace context of the current task; an empty text begins a new trace later."""
    _TRACE.set(parent)
    structlog.contextvars.bind_contextvars(trace_id=parent[3:35] if parent else "")
