"""Bounds the log: lines of one kind appear once per interval, the next one with their number.

The interval grows tenfold while they go on.

An outage makes every request fail in the same way, and a client in a loop is refused for hours.
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
"""Two lines are of one kind if their event, their level and these fields are equal."""


@dataclass(slots=True)
class _Kind:
    written_at: float
    seconds: float
    left_out: int = 0
    end: asyncio.TimerHandle | None = field(default=None, repr=False)


class Repeats:
    """Says for each line whether to write it. Times are in seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Lines of one kind are `seconds` apart, and up to `GROWTH_MAX` times that."""
        self._seconds = seconds
        self._clock = clock
        self._kinds: dict[Hashable, _Kind] = {}

    def admit(self, kind: Hashable, again: Callable[[], None] | None = None) -> int | None:
        """How many lines of `kind` were left out before this one; None to leave this out too.

        `again` is called at the end of the interval if a line was left out and a loop runs, so
        that the number of the last ones is written although no further line comes.
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
    except RuntimeError:  # A thread without a loop: the next line tells the number.
        return None
    return loop.call_later(seconds, action)


class OwnRepeats:
    """A processor of structlog that leaves out repeated lines. Sampled requests are none."""

    def __init__(self, repeats: Repeats | None = None) -> None:
        """Without `repeats`: one line of a kind a second."""
        self._repeats = repeats or Repeats(OWN_SECONDS)

    def __call__(
        self, logger: structlog.typing.WrappedLogger, method: str, line: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        """The line, with `repeated` if lines before it were left out. Raises DropEvent."""
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
    """A filter for the lines of libraries: one in ten seconds from each place in their code."""

    def __init__(self, repeats: Repeats | None = None) -> None:
        """Without `repeats`: one line of a kind in ten seconds."""
        super().__init__()
        self._repeats = repeats or Repeats(LIBRARY_SECONDS)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write `record`, whose message then tells how many were left out."""
        left_out = self._repeats.admit((record.name, record.levelno, record.lineno))
        if left_out:
            record.msg = f"{record.getMessage()} (and {left_out} more such lines)"
            record.args = ()
        return left_out is not None
