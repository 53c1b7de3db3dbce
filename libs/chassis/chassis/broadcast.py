"""Who waits is woken: the relay after a commit, a long poll after new work."""

import asyncio


class BroadcastEvent:
    """A bell that any number of coroutines can wait for, and that nobody misses.

    A waiter notes `rings` before it looks for work, and passes it to `wait`: a ring in between
    ends the wait at once.
    """

    def __init__(self) -> None:
        """Not rung yet."""
        self.generation = 0
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Wake everyone who waits."""
        self.generation += 1
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, since: int, seconds: float) -> None:
        """Wait until there were more rings than `since`, `seconds` at most."""
        if self.generation != since:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
