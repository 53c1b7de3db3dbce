"""CPU time and memory of processes, from /proc."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()


def tree(root: int) -> list[int]:
    """Return the process ids of `root` and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))) is not None:
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    found, rest = [], [root]
    while rest:
        pid = rest.pop()
        found.append(pid)
        rest += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """Return the user and system time of `root` and its descendants, ended ones included."""
    ticks = 0
    for pid in tree(root):
        stat = _stat(pid)
        if stat is not None:
            ticks += sum(map(int, stat[11:15]))
    return ticks / TICKS


def own_cpu_seconds(pid: int) -> float | None:
    """Return the user and system time of `pid` alone; None if it has ended."""
    stat = _stat(pid)
    return None if stat is None else sum(map(int, stat[11:13])) / TICKS


def cpu_by_database(postmaster: int) -> dict[str, float]:
    """Return the CPU seconds of PostgreSQL's connections by database; the rest as `server`.

    The title of a connection's process is `postgres: user database 127.0.0.1(port) state`.
    """
    found: dict[str, float] = {}
    for pid in tree(postmaster):
        try:
            title = Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        words = title.replace("\0", " ").split()
        if len(words) > 3 and words[3].startswith("127.0.0.1("):
            found[words[2]] = found.get(words[2], 0.0) + (own_cpu_seconds(pid) or 0.0)
    return {**found, "server": cpu_seconds(postmaster) - sum(found.values())}


def loaded_packages(pid: int, *names: str) -> list[str]:
    """Return those of `names` of which the process has mapped a file: loaded packages."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    return [name for name in names if f"/{name}/" in maps]


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
