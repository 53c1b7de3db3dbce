"""Ends the children of a process that has ended. Run as a file, by a bare Python.

    python -I -S reaper.py PIPE [FILE...]

Lines arrive through PIPE: `+PID SIGNAL` for a new child, `-PID` for one that has ended. Only the
starter holds the write end, so the pipe ends when the starter does, also by SIGKILL. Then the
children are ended, and the files are removed, since the addresses in them are no longer valid.
"""

import contextlib
import os
import signal
import sys
import time

POLITE_SECONDS = 5.0
POLL_SECONDS = 0.02


def main() -> None:
    """Track the children until the pipe ends; then end those that are left."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    alive: dict[int, int] = {}
    with open(int(sys.argv[1]), "rb", buffering=0) as pipe:
        for line in pipe:
            note(alive, line.decode().split())
    for file in sys.argv[2:]:
        with contextlib.suppress(FileNotFoundError):  # Removed already by an orderly stop.
            os.unlink(file)
    end(alive)


def note(alive: dict[int, int], words: list[str]) -> None:
    """Add or remove the child that a line of the pipe names."""
    pid = int(words[0][1:])
    if words[0].startswith("+"):
        alive[pid] = int(words[1])
    else:
        alive.pop(pid, None)


def end(alive: dict[int, int]) -> None:
    """Send each child its signal, wait for at most 5 seconds, then kill its process group."""
    for pid, signum in alive.items():
        send(pid, signum)
    deadline = time.monotonic() + POLITE_SECONDS
    while any(exists(pid) for pid in alive) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for pid in alive:
        send(-pid, signal.SIGKILL)


def send(target: int, signum: int) -> bool:
    """Send `signum` to a process, or to a group if negative. Return False if it does not exist."""
    try:
        os.kill(target, signum)
    except ProcessLookupError:
        return False
    except PermissionError:  # The answer of macOS for a group of zombies.
        return False
    return True


def exists(pid: int) -> bool:
    """Return True if the process exists and is not a zombie."""
    if not send(pid, 0):
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return not file.read().rpartition(")")[2].startswith(" Z")
    except OSError:  # No /proc, or it has just ended.
        return send(pid, 0)


if __name__ == "__main__":
    main()
