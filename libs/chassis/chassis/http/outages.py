"""What is no fault of a request: the disk is full, the database is away, or others were in the way.

The sender is told what holds of what it sent, and when to send it again.
"""

import errno
import logging
from dataclasses import dataclass

from chassis.db.database import READ_ONLY_SQLSTATE, is_transient
from chassis.db.retries import is_conflict, sqlstate
from chassis.http import problem_types
from chassis.http.problem_types import ProblemType

DISK_FULL_SQLSTATE = "53100"
_KEPT = "Nothing was kept of this request, all that was kept before can be read."


@dataclass(frozen=True, slots=True)
class Outage:
    """How a request is answered, and what the log says."""

    problem: ProblemType
    detail: str
    retry_seconds: int
    event: str
    level: int = logging.WARNING


DISK_FULL = Outage(
    problem_types.DISK_FULL,
    f"{_KEPT} Send it again once the operator has made room.",
    30,
    "the disk is full",
    logging.ERROR,
)
READ_ONLY = Outage(
    problem_types.READ_ONLY,
    f"Its disk has no room left, or its operator is at work. {_KEPT} Send it again later.",
    30,
    "the database is read-only",
)
CONFLICT = Outage(
    problem_types.CONFLICTING_CHANGES,
    "Nothing of this request was kept. Send it again.",
    1,
    "a conflict",
)
AWAY = Outage(problem_types.UNAVAILABLE, "Try again soon.", 1, "the database is away")


def outage(error: Exception) -> Outage | None:
    """The outage that `error` tells of; None if it is a bug."""
    if _is_disk_full(error):
        return DISK_FULL
    if sqlstate(error) == READ_ONLY_SQLSTATE:
        return READ_ONLY
    if is_conflict(error):
        return CONFLICT
    return AWAY if is_transient(error) else None


def _is_disk_full(error: Exception) -> bool:
    """Whether the disk of the database, or of this process, has no room left."""
    is_ours = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    return is_ours or sqlstate(error) == DISK_FULL_SQLSTATE
