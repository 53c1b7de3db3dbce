"""Where the state of a stack lies, and where what stacks share."""

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
        """LABELWRIGHT_HOME, else `.labelwright` in the current directory."""
        return cls(Path(os.environ.get("LABELWRIGHT_HOME") or FOLDER).expanduser().absolute())

    @property
    def keys(self) -> Path:
        """Where the secrets lie."""
        return self.path / "keys"

    @property
    def logs(self) -> Path:
        """Where each part's lines go."""
        return self.path / "logs"

    @property
    def ready_file(self) -> Path:
        """Where everything is, once all is ready."""
        return self.path / READY_FILE

    def of(self, name: str) -> Path:
        """The folder of one part."""
        return self.path / name

    def make(self) -> None:
        """Make the folders, closed to other users; refuse to start where that cannot be done."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            (self.path / "lock").touch(mode=0o600)
        except OSError as error:
            if is_full(error):
                raise
            raise CannotStart(
                f"{self.path} cannot be written ({error.strerror}):"
                " set LABELWRIGHT_HOME to a folder that can."
            ) from error
        free = shutil.disk_usage(self.path).free
        if free < FREE_BYTES_MIN:
            raise CannotStart(
                f"The disk is full: {free // 1_000_000} MB are free where {self.path} lies, and"
                f" {FREE_BYTES_MIN // 1_000_000} MB are needed; free some, or set LABELWRIGHT_HOME."
            )

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Keep every other stack out of this home; yields the descriptor that holds the lock.

        A watcher holds it too, until it has ended what a killed stack left: then we wait for it.
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
    """LABELWRIGHT_CACHE, else a folder of this user's by the XDG rules."""
    if named := os.environ.get("LABELWRIGHT_CACHE"):
        return Path(named).expanduser().absolute()
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(xdg) if xdg.startswith("/") else Path.home() / ".cache"
    return base / "labelwright"


def try_lock(descriptor: int) -> bool:
    """Lock a file for ourselves. False if it is locked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_running(pid: str) -> bool:
    """Whether there is a process of that id."""
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
    """Whether an error says that the disk (or our share of it) is full."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
