"""The check of tokens by the keys and the settings of the issuer that they name.

A token is a JWT (RFC 7519). It is checked once, and the result is cached under the hash of the
token until the token expires, the keys of its issuer change, or any token is revoked.
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
from chassis.http.claims import expiry, issued_at, names, optional_text, text
from chassis.http.issuer_keys import IssuerKeys
from chassis.http.revocations import Revocations
from chassis.issuers import Issuer
from chassis.settings import ServiceSettings

BAD_TOKEN = (JoseError, ValueError, TypeError)
"""Raised by joserfc and `chassis.http.claims` for a bad token (TypeError: a malformed header)."""
CACHED_MAX = 20_000
CLOCK_DIFFERENCE_SECONDS = 30
"""The accepted difference between the clock of an issuer and that of the service."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The caller that a token names, and the keys that the token was checked by."""

    caller: Caller
    issuer: IssuerKeys
    keys: KeySet

    def is_current(self) -> bool:
        """Return True if the token need not be checked again."""
        return self.caller.expires_at > time.time() and self.keys is self.issuer.current


class Verifier:
    """Checks tokens and reads the callers that they name."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Prepare the issuers of `settings`. Raises ValueError for invalid settings."""
        self._pseudonym_key = settings.pseudonym_key.get_secret_value()
        self._issuers = {
            issuer.issuer: IssuerKeys(issuer) for issuer in settings.accepted_issuers()
        }
        self._verified: dict[bytes, Verified] = {}
        self.revocations = Revocations(on_change=self._verified.clear)

    async def caller(self, token: str) -> Caller:
        """Return the caller that `token` names.

        Raises Unauthenticated, AccessRevoked, KeysUnavailable.
        """
        digest = hashlib.sha256(token.encode()).digest()
        cached = self._verified.get(digest)
        if cached is not None and cached.is_current():
            return cached.caller
        try:
            verified = await self._verify(token)
        except BAD_TOKEN as error:
            raise Unauthenticated(f"The token was not accepted: {error}.") from error
        if len(self._verified) >= CACHED_MAX:
            self._verified.clear()
        self._verified[digest] = verified
        return verified.caller

    async def keep_keys_current(self) -> None:
        """Read the keys of all issuers periodically until cancelled."""
        async with asyncio.TaskGroup() as group:
            for keys in self._issuers.values():
                group.create_task(keys.keep_current())

    async def _verify(self, token: str) -> Verified:
        """Check `token` by the keys and settings of the issuer that it names, and of no other."""
        signed = jws.extract_compact(token.encode())
        claims = orjson.loads(signed.payload)
        issuer = self._issuer_of(claims)
        keys = await issuer.check(signed)
        _expected(issuer.issuer).validate(claims)
        caller = self._read(claims, issuer.issuer)
        if caller.expires_at <= time.time():
            raise ExpiredTokenError("exp")
        return Verified(self.revocations.check(caller), issuer, keys)

    def _issuer_of(self, claims: object) -> IssuerKeys:
        """Return the issuer that the unchecked `claims` name. Raises ValueError."""
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
            issued_at=issued_at(claims),
            token_id=optional_text(claims, "jti"),
            name=optional_text(claims, "name"),
        )


def _expected(issuer: Issuer) -> jwt.JWTClaimsRegistry:
    """Return the requirements on the claims of a token of `issuer`."""
    claims: dict[str, Any] = {
        "iss": {"essential": True, "value": issuer.issuer},
        "aud": {"essential": True, "value": issuer.audience},
        "exp": {"essential": True},
        "sub": {"essential": True},
    }
    return jwt.JWTClaimsRegistry(leeway=CLOCK_DIFFERENCE_SECONDS, **claims)
