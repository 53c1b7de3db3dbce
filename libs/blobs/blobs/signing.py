"""Signed addresses of blobs that a service serves itself: an HMAC over the digest and the expiry.

The holder of an address may read the blob until it expires. The address does not depend on its
holder: two addresses of one blob that expire in the same second are equal.
"""

import hashlib
import hmac
from datetime import timedelta
from time import time

PATH = "/v1/blobs"


class InvalidSignature(Exception):
    """The address was not signed with the key of the service, or has expired."""


class UrlSigner:
    """Signs addresses and checks them. All replicas of a service must have the same key."""

    def __init__(self, key: bytes, public_url: str = "") -> None:
        """Make addresses under `public_url`; if that is empty, paths of the service."""
        self._key = key
        self._base = public_url.rstrip("/") + PATH

    def sign(self, sha256: str, valid_for: timedelta) -> str:
        """Return the address of a blob that is valid from now on for `valid_for`."""
        expires = int(time() + valid_for.total_seconds())
        signature = self._signature(sha256, expires)
        return f"{self._base}/{sha256}?expires={expires}&signature={signature}"

    def check(self, sha256: str, expires: int, signature: str) -> None:
        """Raise InvalidSignature unless the address is one of `sign` and has not expired."""
        if not hmac.compare_digest(signature, self._signature(sha256, expires)):
            raise InvalidSignature("The signature of this address is wrong.")
        if time() >= expires:
            raise InvalidSignature("This address has expired: repeat the request that returned it.")

    def _signature(self, sha256: str, expires: int) -> str:
        signed = f"{sha256}\x00{expires}".encode()
        return hmac.new(self._key, signed, hashlib.sha256).hexdigest()
