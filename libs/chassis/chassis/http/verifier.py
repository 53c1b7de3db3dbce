"""Tokens are checked by the keys and the rules of the issuer that they name.

A token is a JWT (RFC 7519). It is checked once, and what it says is remembered under the token's
hash until it expires or its issuer's keys change.
"""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from chassis.http.auth import Caller, Unauthenticated, pseudonym
from chassis.http.claims import expiry, names, text
from chassis.http.issuer_keys import IssuerKeys
from chassis.issuers import Issuer
from chassis.settings import ServiceSettings

BAD_TOKEN = (JoseError, ValueError, TypeError)
"""Raised by joserfc and `chassis.http.claims` for a bad token (TypeError: a malformed header)."""
REMEMBERED_MAX = 20_000
CLOCK_DIFFERENCE_SECONDS = 30
"""How far an issuer's clock may be ahead of ours: its newest tokens are not from the future."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token said, and the keys by which that was checked."""

    caller: Caller
    issuer: IssuerKeys
    keys: KeySet

    def is_current(self) -> bool:
        """Whether the token need not be checked again."""
        return self.caller.expires_at > time.time() and self.keys is self.issuer.current


class Verifier:
    """Turns tokens into callers."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Raises ValueError if the issuers are set wrong. Keys are read for the first token."""
        self._pseudonym_key = settings.pseudonym_key.get_secret_value()
        self._issuers = {one.issuer: IssuerKeys(one) for one in settings.accepted_issuers()}
        self._verified: dict[bytes, Verified] = {}

    async def caller(self, token: str) -> Caller:
        """Who `token` says it is. Raises Unauthenticated, KeysUnavailable."""
        seal = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(seal)
        if known is not None and known.is_current():
            return known.caller
        try:
            verified = await self._verify(token)
        except BAD_TOKEN as error:
            raise Unauthenticated(f"The token was not accepted: {error}.") from error
        if len(self._verified) >= REMEMBERED_MAX:
            self._verified.clear()
        self._verified[seal] = verified
        return verified.caller

    async def keep_keys_current(self) -> None:
        """Read every issuer's keys again in time, for ever."""
        async with asyncio.TaskGroup() as group:
            for one in self._issuers.values():
                group.create_task(one.keep_current())

    async def _verify(self, token: str) -> Verified:
        """Check `token` by the keys and rules of the issuer that it names, and of no other."""
        signed = jws.extract_compact(token.encode())
        claims = orjson.loads(signed.payload)
        issuer = self._issuer_of(claims)
        keys = await issuer.check(signed)
        _expected(issuer.issuer).validate(claims)
        caller = self._read(claims, issuer.issuer)
        if caller.expires_at <= time.time():
            raise ExpiredTokenError("exp")
        return Verified(caller, issuer, keys)

    def _issuer_of(self, claims: object) -> IssuerKeys:
        """The issuer that claims name, which are not checked yet. Raises ValueError."""
        name = claims.get("iss") if isinstance(claims, dict) else None
        if not isinstance(name, str) or name not in self._issuers:
            raise ValueError("its claim 'iss' names no issuer that this service accepts")
        return self._issuers[name]

    def _read(self, claims: dict[str, Any], issuer: Issuer) -> Caller:
        return Caller(
            pseudonym=pseudonym(self._pseudonym_key, issuer.issuer, text(claims, "sub")),
            kind=str(claims.get("kind", "human")),
            roles=names(claims, issuer.roles_claim),
            projects=names(claims, issuer.projects_claim),
            expires_at=expiry(claims),
        )


def _expected(issuer: Issuer) -> jwt.JWTClaimsRegistry:
    """What the claims of a token of `issuer` must say."""
    claims: dict[str, Any] = {
        "iss": {"essential": True, "value": issuer.issuer},
        "aud": {"essential": True, "value": issuer.audience},
        "exp": {"essential": True},
        "sub": {"essential": True},
    }
    return jwt.JWTClaimsRegistry(leeway=CLOCK_DIFFERENCE_SECONDS, **claims)
