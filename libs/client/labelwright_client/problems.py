"""The exceptions of this client.

LabelwrightError
├── NotConfigured        the address of a service or the token is not known
├── Unreachable          there was no response, after all retries
├── UnexpectedResponse   the response does not have the form that the API promises
├── NotVerified          content does not have the hash that it should have
└── Problem              an error response (problem+json: status, type, title, detail, errors)
    ├── Refused          4xx: a retry would not help
    │   ├── Invalid          400, 413, 422
    │   ├── Unauthenticated  401
    │   ├── Forbidden        403
    │   ├── NotFound         404
    │   └── Conflict         409, 412
    └── ServerError      5xx, and 429 after all retries: the service failed or is overloaded
"""

import json
from collections.abc import Sequence
from typing import NamedTuple


class LabelwrightError(Exception):
    """The base class of all exceptions of this client."""


class NotConfigured(LabelwrightError):
    """Raised when the address of a service or the token is not known."""


class Unreachable(LabelwrightError):
    """Raised when there was no response, after all retries."""


class UnexpectedResponse(LabelwrightError):
    """Raised when a response does not have the form that the API promises."""


class NotVerified(LabelwrightError):
    """Raised when content does not have the hash that it should have."""


class FieldError(NamedTuple):
    """One error in the body that was sent, with its JSON pointer."""

    pointer: str
    keyword: str
    message: str


class Problem(LabelwrightError):
    """An error response. `slug` is the end of the problem's type, such as `lease-expired`."""

    def __init__(
        self,
        status: int,
        *,
        kind: str = "about:blank",
        title: str = "",
        detail: str = "",
        errors: Sequence[FieldError] = (),
    ) -> None:
        """Keep the fields of the problem document; `kind` is its `type`."""
        self.status = status
        self.type = kind
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        super().__init__(self._sentence())

    @property
    def slug(self) -> str:
        """The last part of `type`, which names the refusal."""
        return self.type.rsplit(":", 1)[-1]

    def _sentence(self) -> str:
        title = self.title or f"HTTP {self.status}"
        sentence = f"{title}: {self.detail}" if self.detail and self.detail != title else title
        errors = [error for error in self.errors[:5] if error.message not in self.detail]
        places = "; ".join(f"{error.pointer or 'the body'}: {error.message}" for error in errors)
        return f"{sentence} ({places})" if places else sentence


class Refused(Problem):
    """Raised when the service refused the call, and a retry would not help."""


class Invalid(Refused):
    """Raised when the body or a parameter that was sent is not valid."""


class Unauthenticated(Refused):
    """Raised when the service does not accept the token."""


class Forbidden(Refused):
    """Raised when the token does not permit the call."""


class NotFound(Refused):
    """Raised when the object of the call does not exist."""


class Conflict(Refused):
    """Raised when the call contradicts the state of its object, such as an expired lease."""


class ServerError(Problem):
    """Raised when the service failed, or was overloaded until the retries ended."""


_BY_STATUS: dict[int, type[Problem]] = {
    400: Invalid,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    413: Invalid,
    422: Invalid,
    429: ServerError,
}


def problem_from(status: int, body: bytes) -> Problem:
    """Return the exception for a response with an error status and any body."""
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else Refused)
    document = _document(body)
    return kind(
        status,
        kind=_text(document.get("type")) or "about:blank",
        title=_text(document.get("title")),
        detail=_text(document.get("detail")),
        errors=_errors(document.get("errors")),
    )


def _document(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    return {"detail": body[:200].decode("utf-8", "replace").strip()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _errors(value: object) -> list[FieldError]:
    listed = value if isinstance(value, list) else []
    return [
        FieldError(*(_text(entry.get(key)) for key in FieldError._fields))
        for entry in listed
        if isinstance(entry, dict)
    ]
