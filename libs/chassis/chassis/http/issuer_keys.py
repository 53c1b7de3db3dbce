"""The public keys of an issuer, which are read again periodically, and check signatures."""

import asyncio
import copy
import time
import warnings
from typing import Any

import httpx
import orjson
from joserfc import jws
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry, Key, KeySet
from joserfc.jws import CompactSignature, JWSRegistry

from chassis import logs
from chassis.issuers import ALGORITHMS, Issuer

FETCH_SECONDS = 10.0


class KeysUnavailable(Exception):
    """The keys of the token's issuer cannot be read."""

    headers = {"retry-after": "10"}  # noqa: RUF012 - as on every refusal


def _without_warning(name: str) -> Any:  # noqa: ANN401 - joserfc does not export its type
    """Return joserfc's algorithm without the warning that RFC 9864 prefers `Ed25519` to `EdDSA`."""
    algorithm = copy.copy(JWSRegistry.algorithms[name])
    algorithm.security_warning = None
    return algorithm


class _Signatures(JWSRegistry):
    """The algorithms that can be configured for an issuer, a part of joserfc's."""

    algorithms = {name: _without_warning(name) for name in ALGORITHMS}  # noqa: RUF012


class IssuerKeys:
    """Checks signatures of one issuer."""

    def __init__(self, issuer: Issuer) -> None:
        """Prepare to read the keys of `issuer` for its first token."""
        self.issuer = issuer
        self.current: KeySet | None = None
        self._registry = _Signatures(algorithms=issuer.algorithms)
        self._read_at = -float("inf")
        self._lock = asyncio.Lock()

    async def check(self, token: CompactSignature) -> KeySet:
        """Check the signature of `token`; return the set of keys that it was checked by.

        Raises JoseError or ValueError for an invalid signature, KeysUnavailable if no keys could be
        read.
        """
        keys = self.current or await self._newer_than(None)
        try:
            self._check_signature(token, keys)
        except (InvalidKeyIdError, BadSignatureError):
            newer = await self._newer_than(keys)
            if newer is keys:
                raise
            self._check_signature(token, newer)
            return newer
        return keys

    async def keep_current(self) -> None:
        """Read the keys periodically until cancelled, so that withdrawn ones are not accepted."""
        while True:
            async with self._lock:
                await self._read_again()
            await asyncio.sleep(self.issuer.keys_max_age_seconds)

    def _check_signature(self, token: CompactSignature, keys: KeySet) -> None:
        if not jws.validate_compact(token, keys, registry=self._registry):
            raise BadSignatureError

    async def _newer_than(self, seen: KeySet | None) -> KeySet:
        """Return the current keys, read again if they are `seen` and older than the minimum age."""
        async with self._lock:
            age = time.monotonic() - self._read_at
            if self.current is seen and age >= self.issuer.keys_min_age_seconds:
                await self._read_again()
            if self.current is None:
                raise KeysUnavailable(
                    f"The keys of issuer '{self.issuer.issuer}' could not be read, so its tokens"
                    " cannot be checked. Try again soon; the log of this service says why."
                )
            return self.current

    async def _read_again(self) -> None:
        """Read the keys. Keep the current ones if that fails, or if they have not changed."""
        self._read_at = time.monotonic()
        try:
            found = _usable_keys(await self._fetch(), self.issuer.algorithms)
        except (httpx.HTTPError, OSError, ValueError, TypeError) as error:
            why = str(error) or type(error).__name__
            logs.get("auth").error(
                "cannot read the keys of an issuer", issuer=self.issuer.issuer, error=why
            )
            return
        if self.current is None or found.as_dict() != self.current.as_dict():
            self.current = found

    async def _fetch(self) -> Any:  # noqa: ANN401
        if self.issuer.jwks_file is not None:
            return orjson.loads(self.issuer.jwks_file.read_bytes())
        async with httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
            answer = await client.get(str(self.issuer.jwks_url))
            return orjson.loads(answer.raise_for_status().content)


def _usable_keys(document: Any, algorithms: list[Any]) -> KeySet:  # noqa: ANN401
    """Return the keys that fit one of `algorithms`. Raises ValueError if there are none.

    Providers also publish keys for encryption and of other types. These are left out, so that no
    token can name them.
    """
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError('this is no key set: expected {"keys": [...]}')  # noqa: TRY004
    readable = [key for key in map(_imported, document["keys"]) if key is not None]
    usable = [key for key in readable if _Signatures.filter_algorithms(key, algorithms)]
    if not usable:
        count = len(document["keys"])
        raise ValueError(f"none of the {count} keys there fits {', '.join(algorithms)}")
    return KeySet(usable)


def _imported(description: Any) -> Key | None:  # noqa: ANN401
    """Return a key, or None for one that is malformed, of an unknown type or too short."""
    try:
        with warnings.catch_warnings(action="error", category=SecurityWarning):
            return JWKRegistry.import_key(description)
    except (JoseError, ValueError, TypeError, KeyError, SecurityWarning) as error:
        logs.get("auth").warning("left out a key of an issuer", error=str(error))
        return None
