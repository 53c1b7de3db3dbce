"""The queue of notifications that one subscriber has not read yet."""

from collections.abc import Callable
from typing import Any

from chassis.broadcast import BroadcastEvent

QUEUED_MAX = 100


class Subscriber:
    """Small JSON values in the order of arrival; see `queue_service.notify.notifier`."""

    def __init__(self, wants: Callable[[Any], bool]) -> None:
        """Queue only the values that `wants` accepts."""
        self._wants = wants
        self._queued: list[Any] = []
        self._lost = False
        self._changed = BroadcastEvent()

    async def next(self, seconds: float) -> list[Any] | None:
        """Return the values since the last call; wait at most `seconds` for the first one.

        Returns None if values may have been lost: the caller must read the current state.
        """
        if not self._queued and not self._lost:
            await self._changed.wait(self._changed.generation, seconds)
        values, self._queued = self._queued, []
        lost, self._lost = self._lost, False
        return None if lost else values

    def add(self, value: object) -> None:
        """Queue `value`; if the queue is full, count it as lost."""
        if self._lost or not self._wants(value):
            return
        if len(self._queued) >= QUEUED_MAX:
            self.overflow()
            return
        self._queued.append(value)
        self._changed.notify()

    def overflow(self) -> None:
        """Drop the queued values: the subscriber will read the current state instead."""
        self._lost = True
        self._queued.clear()
        self._changed.notify()

    def wake(self) -> None:
        """End a wait in `next`."""
        self._changed.notify()
