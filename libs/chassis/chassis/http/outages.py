"""Failures that are no fault of the request: a full disk, a database that is away, a conflict.

The response says that nothing of the request was stored, and when to send it again.
"""

import errno
import logging
from dataclasses import dataclass

from chassis.db.database import READ_ONLY_SQLSTATE, is_transient
from chassis.db.retries import is_conflict, sqlstate
from chassis.http import problem_types
from chassis.http.problem_types import ProblemType

DISK_FULL_SQLSTATE = "53100"
_NOT_STORED = "Nothing of this request was stored; everything stored before can be read."


@dataclass(frozen=True, slots=True)
class Outage:
    """The problem that a request is answered with, and the log line."""

    problem: ProblemType
    detail: str
    retry_seconds: int
    event: str
    level: int = logging.WARNING


DISK_FULL = Outage(
    problem_types.DISK_FULL,
    f"{_NOT_STORED} Send it again after the operator has made room.",
    30,
    "the disk is full",
    logging.ERROR,
)
READ_ONLY = Outage(
    problem_types.READ_ONLY,
    f"Its disk is full, or its operator made it read-only. {_NOT_STORED} Send it again later.",
    30,
    "the database is read-only",
)
CONFLICT = Outage(
    problem_types.CONFLICTING_CHANGES,
    "Nothing of this request was stored. Send it again.",
    1,
    "a conflict",
)
AWAY = Outage(problem_types.UNAVAILABLE, "Try again soon.", 1, "the database is away")


def outage(error: Exception) -> Outage | None:
    """Return the outage that caused `error`; None if it is a bug."""
    if _is_disk_full(error):
        return DISK_FULL
    if sqlstate(error) == READ_ONLY_SQLSTATE:
        return READ_ONLY
    if is_conflict(error):
        return CONFLICT
    return AWAY if is_transient(error) else None


def _is_disk_full(error: Exception) -> bool:
    """Return True if the disk of the database, or of this process, is full."""
    is_ours = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    return is_ours or sqlstate(error) == DISK_FULL_SQLSTATE
