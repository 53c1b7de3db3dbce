"""Ends what is left when the process that started it all is gone. Run as a file, by a bare Python.

    python -I -S watcher.py PIPE [FILE...]

Lines come in by PIPE: `+PID SIGNAL` when a child exists, `-PID` when it has been waited for. Only
the starter keeps the other end open, so the end of the pipe is the end of the starter, also when
it was killed with a signal that nobody can catch, and also where the kernel tells no child. Then
the files are removed, too: they say where things are that are no longer there.
"""

import contextlib
import os
import signal
import sys
import time

POLITE_SECONDS = 5.0
POLL_SECONDS = 0.02


def main() -> None:
    """Keep the list of the living until the pipe ends; then end them."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    alive: dict[int, int] = {}
    with open(int(sys.argv[1]), "rb", buffering=0) as pipe:
        for line in pipe:
            note(alive, line.decode().split())
    for file in sys.argv[2:]:
        with contextlib.suppress(FileNotFoundError):  # Whoever stops in order removes it.
            os.unlink(file)
    end(alive)


def note(alive: dict[int, int], words: list[str]) -> None:
    """Take one line of the pipe into account."""
    pid = int(words[0][1:])
    if words[0].startswith("+"):
        alive[pid] = int(words[1])
    else:
        alive.pop(pid, None)


def end(alive: dict[int, int]) -> None:
    """Send each its signal, wait a little, then kill its whole group."""
    for pid, signum in alive.items():
        send(pid, signum)
    deadline = time.monotonic() + POLITE_SECONDS
    while any(exists(pid) for pid in alive) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for pid in alive:
        send(-pid, signal.SIGKILL)


def send(target: int, signum: int) -> bool:
    """Send `signum` to a process, or to a group if negative. False if there is none."""
    try:
        os.kill(target, signum)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says this of a group that holds nothing but zombies.
        return False
    return True


def exists(pid: int) -> bool:
    """Whether there is such a process, and more of it than an end that nobody has heard of yet."""
    if not send(pid, 0):
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return not file.read().rpartition(")")[2].startswith(" Z")
    except OSError:  # No /proc, or it has ended this very moment.
        return send(pid, 0)


if __name__ == "__main__":
    main()
