"""What can go wrong, as classes that a caller can tell apart.

LabelwrightError
├── NotConfigured        it is not known where the services are, or who is calling
├── Unreachable          no answer came, after all retries
├── Unreadable           an answer came that is not what the API promises
├── NotVerified          content differs from what its hash says
└── Problem              the service said no (problem+json: status, type, title, detail, errors)
    ├── Refused          4xx: asking again would not help
    │   ├── Invalid          400, 413, 422
    │   ├── Unauthenticated  401
    │   ├── Forbidden        403
    │   ├── NotFound         404
    │   └── Conflict         409, 412
    └── Fault            5xx, and 429 after all retries: the service's fault or its hurry
"""

import json
from collections.abc import Sequence
from typing import NamedTuple


class LabelwrightError(Exception):
    """Something that this client tells its caller about."""


class NotConfigured(LabelwrightError):
    """It is not known where the services are, or who is calling."""


class Unreachable(LabelwrightError):
    """No answer came, after all retries."""


class Unreadable(LabelwrightError):
    """An answer came that is not what the API promises."""


class NotVerified(LabelwrightError):
    """Content differs from what its hash says."""


class FieldError(NamedTuple):
    """One thing that is wrong with what was sent, and at which JSON pointer."""

    pointer: str
    keyword: str
    message: str


class Problem(LabelwrightError):
    """The service said no. `slug` is the end of the problem's type: `lease-expired`."""

    def __init__(
        self,
        status: int,
        *,
        kind: str = "about:blank",
        title: str = "",
        detail: str = "",
        errors: Sequence[FieldError] = (),
    ) -> None:
        """Keep what the problem document said."""
        self.status = status
        self.type = kind
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        super().__init__(self._sentence())

    @property
    def slug(self) -> str:
        """The name of the refusal: the last part of `type`."""
        return self.type.rsplit(":", 1)[-1]

    def _sentence(self) -> str:
        title = self.title or f"HTTP {self.status}"
        whole = f"{title}: {self.detail}" if self.detail and self.detail != title else title
        told = [one for one in self.errors[:5] if one.message not in self.detail]
        places = "; ".join(f"{one.pointer or 'the whole'}: {one.message}" for one in told)
        return f"{whole} ({places})" if places else whole


class Refused(Problem):
    """The service refused: asking again would not help."""


class Invalid(Refused):
    """What was sent does not hold what it must."""


class Unauthenticated(Refused):
    """There was no token that the service accepts."""


class Forbidden(Refused):
    """The token does not allow that."""


class NotFound(Refused):
    """There is no such thing."""


class Conflict(Refused):
    """It does not fit what the service knows: expired, revoked, superseded, answered otherwise."""


class Fault(Problem):
    """The service failed, or had too much to do for as long as we waited."""


_BY_STATUS: dict[int, type[Problem]] = {
    400: Invalid,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    413: Invalid,
    422: Invalid,
    429: Fault,
}


def problem_of(status: int, body: bytes) -> Problem:
    """The exception for an answer with an error status, whatever its body is."""
    kind = _BY_STATUS.get(status, Fault if status >= 500 else Refused)
    told = _document(body)
    return kind(
        status,
        kind=_text(told.get("type")) or "about:blank",
        title=_text(told.get("title")),
        detail=_text(told.get("detail")),
        errors=_errors(told.get("errors")),
    )


def _document(body: bytes) -> dict[str, object]:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if isinstance(told, dict):
        return told
    return {"detail": body[:200].decode("utf-8", "replace").strip()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _errors(value: object) -> list[FieldError]:
    listed = value if isinstance(value, list) else []
    return [
        FieldError(*(_text(one.get(key)) for key in FieldError._fields))
        for one in listed
        if isinstance(one, dict)
    ]
