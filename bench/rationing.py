"""So much of a core for each process, however many there are: what more replicas are good for.

On a machine with fewer cores than processes, two replicas take turns with each other and with
PostgreSQL, and nothing is learned. Linux can give each its own ration instead (CFS bandwidth
control, of cgroups in version 1 or 2), small enough that all of them fit.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

PERIOD_US = 10_000
_ROOT = Path("/sys/fs/cgroup")


class CannotRation(Exception):
    """This machine lets nobody ration processes, or not us."""


@contextlib.contextmanager
def rationed(pids: Sequence[int], share: float) -> Iterator[None]:
    """Give each process `share` of a core and no more. Raises CannotRation."""
    made: list[Path] = []
    try:
        for pid in pids:
            made.append(_ration(pid, share))
        yield
    finally:
        for group in made:
            _move(group.parent, group)
            group.rmdir()


def _ration(pid: int, share: float) -> Path:
    quota = round(PERIOD_US * share)
    old = (_ROOT / "cpu").is_dir()
    group = _ROOT / ("cpu" if old else "") / f"labelwright-{os.getpid()}-{pid}"
    try:
        group.mkdir()
        if old:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        with contextlib.suppress(OSError):  # It may not be there.
            group.rmdir()
        raise CannotRation(str(error)) from error
    return group


def _move(to: Path, group: Path) -> None:
    for pid in (group / "cgroup.procs").read_text().split():
        (to / "cgroup.procs").write_text(pid)
