"""The progress of a replay: a bar on a terminal, plain lines elsewhere."""

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

LINE_SECONDS = 5.0


class Progress:
    """Shows the progress of a replay on a console."""

    def __init__(self, console: Console) -> None:
        """Create a display on `console`, which is empty before the first stage."""
        self._console = console
        self._bar = _bar(console) if console.is_terminal else None
        self._task = None if self._bar is None else self._bar.add_task("", total=None)
        self._stage = ""
        self._total: int | None = None
        self._printed_at = 0.0

    def note(self, sentence: str) -> None:
        """Print a sentence that stays on the screen."""
        self._console.print(sentence, markup=False, highlight=False)

    def start(self, stage: str, total: int | None = None) -> None:
        """Begin a stage of `total` steps; None if their number is not known."""
        self._stage, self._total, self._printed_at = stage, total, time.monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.reset(self._task, total=total, description=stage)
        else:
            self.note(f"{stage} …")

    def update(self, done: int) -> None:
        """Show that `done` steps of the stage are done."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done)
        elif time.monotonic() - self._printed_at >= LINE_SECONDS:
            self._printed_at = time.monotonic()
            of = f" of {self._total}" if self._total is not None else ""
            self.note(f"{self._stage}: {done}{of}")

    def __enter__(self) -> Self:
        """Start the bar."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
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
