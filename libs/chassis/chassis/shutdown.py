"""Who waits for long is told at once that the process was asked to end.

A server first waits for its open requests and only then ends the application, so a request that
would wait for ever could not hear of the end from the application.
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
    """Call `action` in the event loop with the signal that asks to end.

    Whoever handled that signal before still does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Signals are none of this thread's business.
        return
    loop = asyncio.get_running_loop()
    found = {number: signal.getsignal(number) for number in _SIGNALS}
    handlers = {number: handler for number, handler in found.items() if callable(handler)}

    def tell(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(action, signal.Signals(number))
        handlers[signal.Signals(number)](number, frame)

    for number in handlers:
        signal.signal(number, tell)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
