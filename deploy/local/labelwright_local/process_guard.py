"""Starts child processes that end with this process, even if it is killed.

Two mechanisms work together. On Linux the kernel sends a signal to a child whose parent died. On
all systems a reaper, a process of its own, reads a pipe whose write end only this process holds,
and ends the children at its end of file: see `reaper`. The kernel needs no helper process; the
reaper also ends whole process groups, and works on macOS.
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


CURRENT_USER = RunAs("self")


class ProcessGuard:
    """The reaper process and the pipe to it.

    `kernel`: also use the kernel's signal (Linux). It is bound to the *thread* that started the
    child: turn it off if children are started from threads that end.
    """

    def __init__(
        self, *, kernel: bool = True, held: Sequence[int] = (), files: Sequence[Path] = ()
    ) -> None:
        """Start the reaper. It keeps the descriptors `held` open until all children have ended.

        `files` are removed when this process ends, even if it is killed.
        """
        self._kernel = kernel and sys.platform == "linux"
        read_end, self.pipe = os.pipe()
        command = [
            sys.executable,
            "-I",
            "-S",
            str(HERE / "reaper.py"),
            str(read_end),
            *map(str, files),
        ]
        self._reaper = subprocess.Popen(
            command, pass_fds=[read_end, *held], start_new_session=True, stdin=subprocess.DEVNULL
        )
        os.close(read_end)

    def command(
        self,
        command: Sequence[str],
        *,
        last: signal.Signals = signal.SIGKILL,
        run_as: RunAs = CURRENT_USER,
    ) -> list[str]:
        """Return a command that runs `command` guarded; the child gets `last` if this process ends.

        Start it with `pass_fds=[guard.pipe]` and in a new session.
        """
        arguments = [self.pipe, os.getpid(), int(last), int(self._kernel)]
        identity = [run_as.how, run_as.uid, run_as.gid]
        python = [sys.executable, "-I", "-S", str(HERE / "guarded_exec.py")]
        return [*python, *map(str, arguments), *map(str, identity), *command]

    def forget(self, pid: int) -> None:
        """Remove a child that has ended from the reaper's list, since its id may be reused."""
        os.write(self.pipe, f"-{pid}\n".encode())

    def close(self) -> None:
        """End all children that still run, and the reaper."""
        os.close(self.pipe)
        self._reaper.wait()
