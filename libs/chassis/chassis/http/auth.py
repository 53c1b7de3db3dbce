"""The caller of a request, read from its bearer token: pseudonym, roles and projects.

Names of people are not stored: a pseudonym is the HMAC of issuer and subject. Roles and projects
are opaque strings.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from chassis.http.issuer_keys import KeysUnavailable


class Unauthenticated(Exception):
    """A valid bearer token is needed."""

    headers = {"www-authenticate": "Bearer"}  # noqa: RUF012 - as on every refusal


class AccessRevoked(Unauthenticated):
    """Your access was revoked."""


class Forbidden(Exception):
    """This token does not allow that."""


class UnknownProject(Exception):
    """The project does not exist, or the token is not valid for it."""

    # One refusal for both, so that callers cannot find out by guessing which projects exist.

    def __init__(self, project: str) -> None:
        """Refuse `project`, the name that the caller sent."""
        super().__init__(f"There is no project '{project}', or your token is not for it.")


REFUSALS: dict[type[Exception], int] = {
    Unauthenticated: 401,
    AccessRevoked: 401,
    Forbidden: 403,
    UnknownProject: 404,
    KeysUnavailable: 503,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The pseudonym, the kind, the roles and the projects of a caller, and its token's id.

    `issued_at` and `expires_at` are in seconds since 1970; a token without `iat` counts as issued
    at 0. `name` is the claim of that name, which services do not store.
    """

    pseudonym: str
    kind: str
    roles: frozenset[str]
    projects: frozenset[str]
    expires_at: float
    issued_at: float = 0.0
    token_id: str | None = None
    name: str | None = None

    def has(self, *roles: str) -> bool:
        """Return True if the caller has one of `roles`."""
        return not self.roles.isdisjoint(roles)

    def reaches(self, project: str) -> bool:
        """Return True if the caller may see `project`."""
        return "*" in self.projects or project in self.projects

    def check_project(self, project: str) -> None:
        """Raise UnknownProject unless the caller may see `project`."""
        if not self.reaches(project):
            raise UnknownProject(project)


def pseudonym(key: str, issuer: str, subject: str) -> str:
    """Return the pseudonym of a subject of an issuer: 32 hexadecimal digits."""
    text = f"{issuer}\x00{subject}".encode()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()[:32]


async def caller_of(request: Request) -> Caller:
    """Return the caller of `request`. Raises Unauthenticated."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send 'Authorization: Bearer <token>'.")
    caller: Caller = await request.app.state.verifier.caller(token.strip())
    return caller


AnyCaller = Annotated[Caller, Depends(caller_of)]
"""Any caller with a valid token."""


@dataclass(frozen=True, slots=True)
class Needs:
    """A check that the caller has one of `roles`."""

    roles: tuple[str, ...]

    async def check(self, caller: AnyCaller) -> Caller:
        """Return the caller. Raises Forbidden."""
        if not caller.has(*self.roles):
            raise Forbidden(f"This needs one of the roles {', '.join(self.roles)}.")
        return caller


def needs(*roles: str) -> Callable[..., Awaitable[Caller]]:
    """Return a dependency that admits callers with one of `roles`."""
    return Needs(roles).check
