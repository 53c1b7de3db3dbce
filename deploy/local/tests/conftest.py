import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labelwright_local.process_guard import ProcessGuard

HERE = Path(__file__).parent
STAND_IN = HERE / "stand_in"
WAIT_SECONDS = 20.0


def is_alive(pid: int) -> bool:
    """Return True if a process exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return not Path("/proc").is_dir()


@pytest.fixture(scope="session")
def soon() -> Callable[[Callable[[], bool]], bool]:
    """Return a function that waits until a condition holds; it returns False after 20 s."""

    def becomes_true(condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    return becomes_true


@pytest.fixture(scope="session")
def alive() -> Callable[[int], bool]:
    return is_alive


@pytest.fixture
def guard() -> Iterator[ProcessGuard]:
    made = ProcessGuard(kernel=False)
    yield made
    made.close()


@pytest.fixture(scope="session")
def stand_in() -> Path:
    return STAND_IN


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    """A folder inside one that is closed to other users, as many home folders are."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    return closed / "inside"
