"""How far a replay is: a bar for people, plain lines for files."""

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

LINE_SECONDS = 5.0


class Progress:
    """Told of by the replay, shown on `console`."""

    def __init__(self, console: Console) -> None:
        """Nothing is shown before `stage`."""
        self._console = console
        self._bar = _bar(console) if console.is_terminal else None
        self._task = None if self._bar is None else self._bar.add_task("", total=None)
        self._what = ""
        self._total: int | None = None
        self._said_at = 0.0

    def say(self, sentence: str) -> None:
        """Tell something that stays on the screen."""
        self._console.print(sentence, markup=False, highlight=False)

    def stage(self, what: str, total: int | None = None) -> None:
        """What is being done now, and how much of it there is, if that is known."""
        self._what, self._total, self._said_at = what, total, time.monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.reset(self._task, total=total, description=what)
        else:
            self.say(f"{what} …")

    def answers(self, done: int) -> None:
        """How much of the stage is done."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done)
        elif time.monotonic() - self._said_at >= LINE_SECONDS:
            self._said_at = time.monotonic()
            of = f" of {self._total}" if self._total is not None else ""
            self.say(f"{self._what}: {done}{of}")

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the screen as it is."""
        if self._bar is not None:
            self._bar.stop()


def _bar(console: Console) -> Bar:
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
