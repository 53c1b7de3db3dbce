"""The folder with the state of a stack, and the cache that all stacks of a user share."""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labelwright_local.refusal import CannotStart

FOLDER = ".labelwright"
READY_FILE = "ready.json"
FREE_BYTES_MIN = 500_000_000
HANDOVER_SECONDS = 20.0
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds all state of one stack."""

    path: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """Return LABELWRIGHT_HOME, or `.labelwright` in the current directory."""
        return cls(Path(os.environ.get("LABELWRIGHT_HOME") or FOLDER).expanduser().absolute())

    @property
    def keys(self) -> Path:
        """The folder of the secrets."""
        return self.path / "keys"

    @property
    def logs(self) -> Path:
        """The folder of the log files, one for each part."""
        return self.path / "logs"

    @property
    def ready_file(self) -> Path:
        """The file with all addresses, which exists while the stack is ready."""
        return self.path / READY_FILE

    def of(self, name: str) -> Path:
        """Return the folder of one part."""
        return self.path / name

    def make(self) -> None:
        """Create the folders, closed to other users. Raise CannotStart if that is impossible."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            (self.path / "lock").touch(mode=0o600)
        except OSError as error:
            if is_full(error):
                raise
            raise CannotStart(
                f"{self.path} cannot be written ({error.strerror}):"
                " set LABELWRIGHT_HOME to a writable folder."
            ) from error
        free = shutil.disk_usage(self.path).free
        if free < FREE_BYTES_MIN:
            raise CannotStart(
                f"The disk is full: {free // 1_000_000} MB are free on the disk of {self.path}, but"
                f" {FREE_BYTES_MIN // 1_000_000} MB are needed: free some, or set LABELWRIGHT_HOME."
            )

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Lock this home against other stacks; yield the descriptor of the lock.

        The reaper of a stack that was killed holds the lock until it has ended all children of that
        stack, so this waits for it.
        """
        with (self.path / "lock").open("r+") as file:
            deadline = time.monotonic() + HANDOVER_SECONDS
            while not try_lock(file.fileno()):
                file.seek(0)
                holder = file.read().strip()
                if is_running(holder) or time.monotonic() > deadline:
                    raise CannotStart(
                        f"A stack is already running in {self.path} (process {holder}):"
                        " stop it first, or set LABELWRIGHT_HOME and LABELWRIGHT_PORT_BASE."
                    )
                time.sleep(POLL_SECONDS)
            file.seek(0)
            file.truncate()
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield file.fileno()


def cache_from_environment() -> Path:
    """Return LABELWRIGHT_CACHE, or the cache folder of this user by the XDG rules."""
    if named := os.environ.get("LABELWRIGHT_CACHE"):
        return Path(named).expanduser().absolute()
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(xdg) if xdg.startswith("/") else Path.home() / ".cache"
    return base / "labelwright"


def try_lock(descriptor: int) -> bool:
    """Lock a file exclusively. Return False if another process has locked it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_running(pid: str) -> bool:
    """Return True if there is a process with this id."""
    if not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_full(error: OSError) -> bool:
    """Return True if the reason of an error is a full disk, or an exceeded quota."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
