"""A limit on repeated log lines: one line of a kind per interval.

An outage makes every request fail in the same way, and a client in a loop is refused for hours. So
further lines of the same kind are left out, and the next one carries their number. While they
continue, the interval doubles up to ten times its length.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import structlog

OWN_SECONDS, LIBRARY_SECONDS = 1.0, 10.0
KINDS_MAX = 1_000
GROWTH_MAX = 10
KIND_FIELDS = ("part", "route", "method", "status", "problem", "sqlstate", "ran", "topic")
"""Fields that two lines of one kind have in common, with their event and their level."""


@dataclass(slots=True)
class _Kind:
    written_at: float
    seconds: float
    left_out: int = 0
    end: asyncio.TimerHandle | None = field(default=None, repr=False)


class Repeats:
    """Decides for each line if it is written. Times are in seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep lines of one kind `seconds` apart, and up to `GROWTH_MAX` times that."""
        self._seconds = seconds
        self._clock = clock
        self._kinds: dict[Hashable, _Kind] = {}

    def admit(self, kind: Hashable, again: Callable[[], None] | None = None) -> int | None:
        """Return the number of lines of `kind` left out before this one, or None to leave it out.

        At the end of the interval `again` is called if a line was left out and an event loop runs,
        so that the number of the last ones is written even if no further line comes.
        """
        now, known = self._clock(), self._kinds.get(kind)
        if known is None or now - known.written_at >= known.seconds:
            left_out, seconds = 0, self._seconds
            if known is not None:
                left_out = known.left_out
                seconds = min(2 * known.seconds, GROWTH_MAX * seconds) if left_out else seconds
                if known.end is not None:
                    known.end.cancel()
            self._make_room(now)
            self._kinds[kind] = _Kind(now, seconds)
            return left_out
        known.left_out += 1
        if again is not None and known.end is None:
            known.end = _call_later(known.written_at + known.seconds - now, again)
        return None

    def _make_room(self, now: float) -> None:
        if len(self._kinds) < KINDS_MAX:
            return
        self._kinds = {
            kind: known
            for kind, known in self._kinds.items()
            if known.left_out or now - known.written_at < known.seconds
        }
        if len(self._kinds) >= KINDS_MAX:
            self._kinds.clear()


def _call_later(seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle | None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # A thread without a loop: the next line has the number.
        return None
    return loop.call_later(seconds, action)


class OwnRepeats:
    """A processor of structlog that drops repeated lines, except those of sampled requests."""

    def __init__(self, repeats: Repeats | None = None) -> None:
        """Use `repeats`, or write one line of a kind per second."""
        self._repeats = repeats or Repeats(OWN_SECONDS)

    def __call__(
        self, logger: structlog.typing.WrappedLogger, method: str, line: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        """Return the line, with `repeated` if earlier ones were left out. Raises DropEvent."""
        del logger
        if line.get("sampled"):
            return line
        kind = (method, line.get("event"), *(line.get(name) for name in KIND_FIELDS))
        last = dict(line)

        def write_again() -> None:
            getattr(structlog.get_logger(), method)(**last)

        left_out = self._repeats.admit(kind, write_again)
        if left_out is None:
            raise structlog.DropEvent
        return {**line, "repeated": left_out} if left_out else line


class LibraryRepeats(logging.Filter):
    """A filter for lines of libraries: one in ten seconds from each place in their code."""

    def __init__(self, repeats: Repeats | None = None) -> None:
        """Use `repeats`, or write one line of a kind in ten seconds."""
        super().__init__()
        self._repeats = repeats or Repeats(LIBRARY_SECONDS)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True to write `record`; add the number of lines left out to its message."""
        left_out = self._repeats.admit((record.name, record.levelno, record.lineno))
        if left_out:
            record.msg = f"{record.getMessage()} (and {left_out} more such lines)"
            record.args = ()
        return left_out is not None
