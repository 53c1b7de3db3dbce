"""What one subscriber has yet to hear, as much as it can hold."""

from collections.abc import Callable
from typing import Any

from chassis.broadcast import BroadcastEvent

HELD_MAX = 100


class Subscriber:
    """Small JSON values, in the order in which they came; see `queue_service.notify.notifier`."""

    def __init__(self, wants: Callable[[Any], bool]) -> None:
        """Only what `wants` accepts is kept."""
        self._wants = wants
        self._held: list[Any] = []
        self._missed = False
        self._came = BroadcastEvent()

    async def take(self, seconds: float) -> list[Any] | None:
        """What came since the last call, after a wait of `seconds` at most.

        None: something may have been missed, and the caller must look for itself.
        """
        if not self._held and not self._missed:
            await self._came.wait(self._came.generation, seconds)
        held, self._held = self._held, []
        missed, self._missed = self._missed, False
        return None if missed else held

    def add(self, value: object) -> None:
        """Keep `value`; too much of it counts as missed."""
        if self._missed or not self._wants(value):
            return
        if len(self._held) >= HELD_MAX:
            self.miss()
            return
        self._held.append(value)
        self._came.notify()

    def miss(self) -> None:
        """Something may have been missed; what is held will be seen by whoever looks."""
        self._missed = True
        self._held.clear()
        self._came.notify()

    def wake(self) -> None:
        """End the wait, whatever came."""
        self._came.notify()
