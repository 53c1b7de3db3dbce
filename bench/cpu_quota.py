"""Limits each process to a share of a core, so that the gain by more replicas can be measured.

On a machine with fewer cores than processes, two replicas compete with each other and with
PostgreSQL. CFS bandwidth control (cgroups version 1 or 2) can give each a quota instead, small
enough that all of them fit.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

PERIOD_US = 10_000
_ROOT = Path("/sys/fs/cgroup")


class CpuQuotaUnavailable(Exception):
    """Raised when this machine or its permissions do not allow quotas."""


@contextlib.contextmanager
def limit_cpu(pids: Sequence[int], share: float) -> Iterator[None]:
    """Limit each process to `share` of a core. Raises CpuQuotaUnavailable."""
    groups: list[Path] = []
    try:
        for pid in pids:
            groups.append(_limit(pid, share))
        yield
    finally:
        for group in groups:
            _move_processes(group, group.parent)
            group.rmdir()


def _limit(pid: int, share: float) -> Path:
    quota = round(PERIOD_US * share)
    is_version_1 = (_ROOT / "cpu").is_dir()
    group = _ROOT / ("cpu" if is_version_1 else "") / f"labelwright-{os.getpid()}-{pid}"
    try:
        group.mkdir()
        if is_version_1:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        with contextlib.suppress(OSError):  # It may not exist.
            group.rmdir()
        raise CpuQuotaUnavailable(str(error)) from error
    return group


def _move_processes(group: Path, to: Path) -> None:
    for pid in (group / "cgroup.procs").read_text().split():
        (to / "cgroup.procs").write_text(pid)
