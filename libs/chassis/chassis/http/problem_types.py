"""The types of problems (RFC 9457) that every service can answer with, and the names of others."""

import re
from http import HTTPStatus
from typing import NamedTuple

_RFC_9110_PHRASES = {
    413: "Content Too Large",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""Where releases of Python differ."""


class ProblemType(NamedTuple):
    """One type of problem: its status code, the last part of its URN, and its title."""

    status: int
    name: str
    title: str

    @property
    def uri(self) -> str:
        """What stands in `type`."""
        return f"urn:problem:{self.name}"


def slug(kind: type[Exception]) -> str:
    """`UnknownProject` → `unknown-project`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def title(kind: type[Exception]) -> str:
    """The first sentence of the docstring: an error cannot be undocumented."""
    return (kind.__doc__ or kind.__name__).strip().split("\n")[0].rstrip(".")


def phrase(status: int) -> str:
    """Return the reason phrase of a status code (RFC 9110), the same under every Python."""
    return _RFC_9110_PHRASES.get(status, HTTPStatus(status).phrase)


def of_refusal(kind: type[Exception], status: int) -> ProblemType:
    """Return the type of the problem that tells of a refusal."""
    return ProblemType(status, slug(kind), title(kind))


def of_status(status: int) -> ProblemType:
    """Return the type of a problem of which only the status code is known."""
    return ProblemType(status, phrase(status).lower().replace(" ", "-"), phrase(status))


MALFORMED = ProblemType(400, "malformed", "The body is not JSON")
INVALID = ProblemType(422, "invalid", "What was sent does not hold what it must")
DISK_FULL = ProblemType(507, "disk-full", "The disk is full")
CONFLICTING_CHANGES = ProblemType(
    503, "conflicting-changes", "Other requests changed the same rows at the same moment"
)
READ_ONLY = ProblemType(503, "read-only", "The database is read-only")
UNAVAILABLE = ProblemType(503, "unavailable", "The database is away")
INTERNAL = ProblemType(500, "internal", "Something broke")

COMMON = (
    MALFORMED,
    of_status(413),
    INVALID,
    UNAVAILABLE,
    READ_ONLY,
    CONFLICTING_CHANGES,
    DISK_FULL,
)
"""What any route may answer beside its service's own refusals. 500 is a bug, so not among them."""
