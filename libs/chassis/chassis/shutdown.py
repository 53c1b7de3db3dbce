"""A callback on SIGTERM and SIGINT, before the server waits for its open requests.

The server ends the application only after its open requests. So a request that waits for a long
time cannot learn from the application's end that it should return.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def on_signal(action: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Call `action` in the event loop with the signal that asks the process to end.

    The earlier handler of the signal is called too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in the main thread only.
        return
    loop = asyncio.get_running_loop()
    earlier = {number: signal.getsignal(number) for number in _SIGNALS}
    handlers = {number: handler for number, handler in earlier.items() if callable(handler)}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(action, signal.Signals(number))
        handlers[signal.Signals(number)](number, frame)

    for number in handlers:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
