"""Tokens that an installation signs itself, as its own issuer."""

import time
from datetime import datetime
from pathlib import Path

import orjson
from joserfc import jwt
from joserfc.jwk import OKPKey

ALGORITHM = "Ed25519"


class TokenSigner:
    """Signs tokens that services with the same `issuer` and `audience` accept."""

    def __init__(self, key_file: Path, issuer: str, audience: str) -> None:
        """Read the private key, a JWK of the curve Ed25519. Raises OSError, ValueError."""
        self.issuer = issuer
        self._audience = audience
        self._key = OKPKey.import_key(orjson.loads(key_file.read_bytes()))

    def sign(self, subject: str, token_id: str, expires_at: datetime, **claims: object) -> str:
        """Return a token with these claims, with `jti` for `token_id`.

        `iat` has a fraction, so that a token that is made right after a revocation is later.
        """
        body = {
            "iss": self.issuer,
            "aud": self._audience,
            "sub": subject,
            "jti": token_id,
            "iat": time.time(),
            "exp": int(expires_at.timestamp()),
            **claims,
        }
        header = {"alg": ALGORITHM, "typ": "JWT", "kid": self._key.kid or self._key.thumbprint()}
        return jwt.encode(header, body, self._key, algorithms=[ALGORITHM])
