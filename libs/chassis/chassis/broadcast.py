"""An event that wakes all coroutines that wait for it, again and again."""

import asyncio


class BroadcastEvent:
    """A repeatable event for any number of waiting coroutines, none of which can miss it.

    A waiter reads `generation` before it looks for work, and passes it to `wait`, which returns at
    once if the event happened in between.
    """

    def __init__(self) -> None:
        """Start with generation 0."""
        self.generation = 0
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Wake all that wait."""
        self.generation += 1
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, since: int, seconds: float) -> None:
        """Wait until `generation` differs from `since`, for at most `seconds`."""
        if self.generation != since:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
