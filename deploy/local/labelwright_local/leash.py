"""Nothing that is started through a leash outlives this process, however this process ends.

Two ways at once. On Linux the kernel signals a child whose parent died. Everywhere a watcher, a
process of its own, reads a pipe whose other end only this process keeps: see `watcher`. The
kernel's way needs no helper; the watcher's reaches whole process groups, and it works on macOS.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class RunAs:
    """The user that a child runs as, and how it becomes that user."""

    how: Literal["self", "namespace", "setuid"]
    uid: int = 0
    gid: int = 0


OURSELVES = RunAs("self")


class Leash:
    """A watcher and the pipe to it. `kernel`: also by the kernel's own signal (Linux).

    The kernel's signal is bound to the *thread* that started the child: leave it off where
    children are started from threads that end.
    """

    def __init__(
        self, *, kernel: bool = True, held: Sequence[int] = (), files: Sequence[Path] = ()
    ) -> None:
        """Start the watcher. It keeps the descriptors `held` open until all is ended.

        `files` are removed when this process ends, however it does.
        """
        self._kernel = kernel and sys.platform == "linux"
        read_end, self.pipe = os.pipe()
        command = [
            sys.executable,
            "-I",
            "-S",
            str(HERE / "watcher.py"),
            str(read_end),
            *map(str, files),
        ]
        self._watcher = subprocess.Popen(
            command, pass_fds=[read_end, *held], start_new_session=True, stdin=subprocess.DEVNULL
        )
        os.close(read_end)

    def command(
        self,
        command: Sequence[str],
        *,
        last: signal.Signals = signal.SIGKILL,
        run_as: RunAs = OURSELVES,
    ) -> list[str]:
        """The command that runs `command` leashed, with `last` as its end.

        It is to be started with `pass_fds=[leash.pipe]` and in a session of its own.
        """
        words = [self.pipe, os.getpid(), int(last), int(self._kernel)]
        identity = [run_as.how, run_as.uid, run_as.gid]
        python = [sys.executable, "-I", "-S", str(HERE / "tether.py")]
        return [*python, *map(str, words), *map(str, identity), *command]

    def forget(self, pid: int) -> None:
        """Say that a child has ended and was waited for, so that its id may be another's."""
        os.write(self.pipe, f"-{pid}\n".encode())

    def close(self) -> None:
        """End whatever is still leashed, and the watcher."""
        os.close(self.pipe)
        self._watcher.wait()
