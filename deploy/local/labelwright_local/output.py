"""The output of the stack: lines on the terminal, prefixed with a part's name, and log files."""

import os
import sys
from pathlib import Path
from typing import BinaryIO

from labelwright_local.home import is_full
from labelwright_local.ports import STEPS, part_of

PRODUCT = "labelwright"
NAMES = (PRODUCT, "postgres", "kafka", *(name for name in STEPS if "kafka" not in name))
WIDTH = max(map(len, STEPS))
COLOURS = (36, 32, 33, 34, 35, 91, 92, 93, 94, 95, 96)
FILE_BYTES_MAX = 10_000_000


class Screen:
    """The standard output, until its reader closes it."""

    def __init__(self) -> None:
        """Check if the standard output is a terminal, which gets colours."""
        self.is_terminal = sys.stdout.isatty()
        self._colours = self.is_terminal and "NO_COLOR" not in os.environ
        self._open = True

    def say(self, line: str, name: str = PRODUCT) -> None:
        """Print one line of one part."""
        prefix = f"{name:<{WIDTH}} |"
        if self._colours:
            part, _ = part_of(name)
            colour = COLOURS[NAMES.index(part) % len(COLOURS)] if part in NAMES else 37
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        if self._open:
            self._print(f"{prefix} {line}\n")

    def _print(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:
            # The reader has closed the pipe (`labelwright up | head`): the stack runs on, and its
            # log files are complete. On a full disk only this line is lost: later ones may fit.
            self._open = is_full(error)


class LogFile:
    """The log file of one part, rotated at a size limit; one old file is kept."""

    def __init__(self, path: Path, bytes_max: int = FILE_BYTES_MAX) -> None:
        """Append to the file of the last start."""
        self.path = path
        self._bytes_max = bytes_max
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("ab", buffering=0)

    def write(self, line: bytes) -> None:
        """Append one line. On a full disk the line is lost, without an error."""
        try:
            if self._file.tell() + len(line) >= self._bytes_max:
                self._rotate()
            self._file.write(line + b"\n")
        except OSError as error:
            if not is_full(error):
                raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_name(self.path.name + ".1"))
        self._file = self.path.open("ab", buffering=0)
