"""Who waits is woken: the relay after a commit, a long poll after new work."""

import asyncio


class Wake:
    """A bell that any number of coroutines can wait for. A ring that nobody hears is kept once."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake everyone who waits now, and whoever asks next."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for a ring, `seconds` at most; say whether there was one."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True
