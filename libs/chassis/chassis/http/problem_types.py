"""The types of problems (RFC 9457) that every service can answer with, and the names of others."""

import re
from http import HTTPStatus
from typing import NamedTuple

_RFC_9110_PHRASES = {
    413: "Content Too Large",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""The reason phrases in which releases of Python differ."""


class ProblemType(NamedTuple):
    """One type of problem: its status code, the last part of its URN, and its title."""

    status: int
    name: str
    title: str

    @property
    def uri(self) -> str:
        """The value of `type`."""
        return f"urn:problem:{self.name}"


def slug(kind: type[Exception]) -> str:
    """Return the name of a refusal in the URN: `UnknownProject` → `unknown-project`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def title(kind: type[Exception]) -> str:
    """Return the title of a refusal: the first line of its docstring, without the full stop."""
    return (kind.__doc__ or kind.__name__).strip().split("\n")[0].rstrip(".")


def phrase(status: int) -> str:
    """Return the reason phrase of a status code (RFC 9110), the same under every Python."""
    return _RFC_9110_PHRASES.get(status, HTTPStatus(status).phrase)


def of_refusal(kind: type[Exception], status: int) -> ProblemType:
    """Return the type of the problem of a refusal."""
    return ProblemType(status, slug(kind), title(kind))


def of_status(status: int) -> ProblemType:
    """Return the type of a problem that has only a status code."""
    return ProblemType(status, phrase(status).lower().replace(" ", "-"), phrase(status))


MALFORMED = ProblemType(400, "malformed", "The body is not JSON")
INVALID = ProblemType(422, "invalid", "The request is not valid")
DISK_FULL = ProblemType(507, "disk-full", "The disk is full")
CONFLICTING_CHANGES = ProblemType(
    503, "conflicting-changes", "Other requests changed the same rows at the same moment"
)
READ_ONLY = ProblemType(503, "read-only", "The database is read-only")
UNAVAILABLE = ProblemType(503, "unavailable", "The database is away")
INTERNAL = ProblemType(500, "internal", "The service has a bug")

COMMON = (
    MALFORMED,
    of_status(404),
    of_status(413),
    INVALID,
    UNAVAILABLE,
    READ_ONLY,
    CONFLICTING_CHANGES,
    DISK_FULL,
)
"""The problems that any route can answer with, beside its service's own. 500 is a bug and missing.
"""
