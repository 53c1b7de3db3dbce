"""Bearer tokens in; who calls, with roles and projects as opaque strings, out.

A token is a JWT signed with Ed25519. It is checked once, and what it says is remembered under
the token's hash until it expires. Names stay outside: the caller is a pseudonym, the HMAC of
issuer and subject.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
import orjson
from fastapi import Depends
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request

from chassis.claims import expiry, names, text
from chassis.settings import ServiceSettings

ALGORITHMS = ["Ed25519"]
BAD_TOKEN = (JoseError, ValueError, TypeError)
"""What joserfc and `chassis.claims` raise for a token; for a malformed header it is a TypeError."""
REMEMBERED_MAX = 20_000
KEYS_AGE_MIN_SECONDS = 30.0
"""An unknown key id makes the issuer's keys be read again, but not more often than this."""


class Unauthenticated(Exception):
    """A valid bearer token is needed."""


class Forbidden(Exception):
    """This token does not allow that."""


class UnknownProject(Exception):
    """There is no such project, or the token is not for it."""

    # One refusal for both: nobody learns by guessing which projects exist.

    def __init__(self, project: str) -> None:
        """`project` is the name that the caller sent."""
        super().__init__(f"There is no project '{project}', or your token is not for it.")


REFUSALS: dict[type[Exception], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    UnknownProject: 404,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a pseudonym, what it may do, and where."""

    pseudonym: str
    kind: str
    roles: frozenset[str]
    projects: frozenset[str]
    expires_at: float

    def has(self, *roles: str) -> bool:
        """Whether the caller has one of `roles`."""
        return not self.roles.isdisjoint(roles)

    def reaches(self, project: str) -> bool:
        """Whether the caller may see `project`."""
        return "*" in self.projects or project in self.projects

    def check_project(self, project: str) -> None:
        """Raise UnknownProject unless the caller may see `project`."""
        if not self.reaches(project):
            raise UnknownProject(project)


class Verifier:
    """Turns tokens into callers."""

    def __init__(self, settings: ServiceSettings) -> None:
        """The keys are read when the first token comes."""
        self._settings = settings
        self._keys: KeySet | None = None
        self._keys_at = 0.0
        self._lock = asyncio.Lock()
        self._known: dict[bytes, Caller] = {}
        claims: dict[str, Any] = {
            "iss": {"essential": True, "value": settings.issuer},
            "aud": {"essential": True, "value": settings.audience},
            "exp": {"essential": True},
            "sub": {"essential": True},
        }
        self._claims = jwt.JWTClaimsRegistry(**claims)

    async def caller(self, token: str) -> Caller:
        """Who `token` says it is. Raises Unauthenticated."""
        seal = hashlib.sha256(token.encode()).digest()
        known = self._known.get(seal)
        if known is not None and known.expires_at > time.time():
            return known
        caller = await self._verified(token)
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        self._known[seal] = caller
        return caller

    async def _verified(self, token: str) -> Caller:
        keys = await self._key_set(again=False)
        try:
            return self._caller_of(token, keys)
        except BAD_TOKEN as error:
            fresh = await self._key_set(again=True)
            if fresh is keys:
                raise Unauthenticated(f"The token was not accepted: {error}.") from error
        try:
            return self._caller_of(token, fresh)
        except BAD_TOKEN as error:
            raise Unauthenticated(f"The token was not accepted: {error}.") from error

    def _caller_of(self, token: str, keys: KeySet) -> Caller:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        self._claims.validate(claims)
        return self._read(claims)

    async def _key_set(self, *, again: bool) -> KeySet:
        async with self._lock:
            old = time.monotonic() - self._keys_at > KEYS_AGE_MIN_SECONDS
            if self._keys is None or (again and old):
                self._keys = await self._load()
                self._keys_at = time.monotonic()
            return self._keys

    async def _load(self) -> KeySet:
        if self._settings.jwks_url is not None:
            async with httpx.AsyncClient(timeout=10) as client:
                answer = await client.get(self._settings.jwks_url)
                return KeySet.import_key_set(answer.raise_for_status().json())
        if self._settings.jwks_file is None:
            raise RuntimeError("Neither jwks_file nor jwks_url is set.")
        return KeySet.import_key_set(orjson.loads(self._settings.jwks_file.read_bytes()))

    def _pseudonym(self, issuer: str, subject: str) -> str:
        return pseudonym(self._settings.pseudonym_key.get_secret_value(), issuer, subject)

    def _read(self, claims: dict[str, Any]) -> Caller:
        return Caller(
            pseudonym=self._pseudonym(claims["iss"], text(claims, "sub")),
            kind=str(claims.get("kind", "human")),
            roles=names(claims, "roles"),
            projects=names(claims, "projects"),
            expires_at=expiry(claims),
        )


def pseudonym(key: str, issuer: str, subject: str) -> str:
    """What the system knows a person by: 32 hexadecimal digits."""
    text = f"{issuer}\x00{subject}".encode()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()[:32]


async def caller_of(request: Request) -> Caller:
    """Who sends `request`. Raises Unauthenticated."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send 'Authorization: Bearer <token>'.")
    verifier: Verifier = request.app.state.verifier
    return await verifier.caller(token.strip())


AnyCaller = Annotated[Caller, Depends(caller_of)]
"""Whoever has a valid token."""


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
    """A dependency that lets in whoever has one of `roles`."""
    return Needs(roles).check
