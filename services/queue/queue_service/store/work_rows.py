"""The columns of `work` that statements read as `domain.leases.Work`."""

from dataclasses import fields
from typing import Any

from queue_service.domain.leases import Work

_NAMES = [field.name for field in fields(Work)]


def work_columns(work: str, spec_hash: str) -> str:
    """Return the columns that `as_work` needs; `work` is the alias of the row of work."""
    sources = {"spec_hash": f"{spec_hash} AS spec_hash"}
    return ", ".join(sources.get(name, f"{work}.{name}") for name in _NAMES)


WORK_COLUMNS = work_columns("w", "z.hash")
"""For statements in which `w` is the work and `z` is its spec version."""


def as_work(row: Any) -> Work:  # noqa: ANN401
    """Return the work of a row that has these columns."""
    return Work(**{name: row[name] for name in _NAMES})
