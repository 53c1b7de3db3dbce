"""Bearer tokens of a local stack, signed with the key in its home.

In production an identity provider signs tokens, and this module is not used.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import OKPKey

ALGORITHM = "Ed25519"
ISSUER = "labelwright-local"
AUDIENCE = "labelwright"
ROLES = (
    "pipeline",
    "annotator",
    "reviewer",
    "adjudicator",
    "spec_owner",
    "trainer",
    "sre",
    "admin",
)
KINDS = ("human", "model", "function")


class NoSigningKey(Exception):
    """Raised when a key of the stack cannot be read; `labelwright up` makes the keys."""


def sign(
    home: Path,
    *,
    name: str,
    roles: Sequence[str],
    projects: Sequence[str] = ("*",),
    kind: str = "human",
    hours: float = 24,
) -> str:
    """Return a token with which `name` has `roles` in `projects`. Raises NoSigningKey.

    `("*",)` stands for all projects. The token expires after `hours`.
    """
    key, key_id = _signing_key(home)
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": name,
        "jti": uuid4().hex,
        "iat": now,
        "exp": now + int(hours * 3600),
        "roles": list(roles),
        "projects": list(projects),
        "kind": kind,
    }
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": key_id}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


def pseudonym(home: Path, name: str) -> str:
    """Return the pseudonym of `name`: 32 hexadecimal digits. Raises NoSigningKey."""
    file = home / "keys" / "pseudonym"
    try:
        secret = file.read_text("utf-8").strip()
    except OSError as error:
        raise NoSigningKey(f"{file} cannot be read: {error.strerror}.") from error
    text = f"{ISSUER}\x00{name}".encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:32]


def _signing_key(home: Path) -> tuple[OKPKey, str]:
    """Return the key and its id, read again only when its file has changed."""
    file = home / "keys" / "signing.json"
    try:
        changed = file.stat().st_mtime_ns
    except OSError as error:
        raise NoSigningKey(f"{file} cannot be read: {error.strerror}.") from error
    return _read_key(file, changed)


@lru_cache(maxsize=8)
def _read_key(file: Path, changed: int) -> tuple[OKPKey, str]:  # noqa: ARG001 (a part of the cache's key)
    try:
        key = OKPKey.import_key(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise NoSigningKey(f"{file} is not a signing key: {error}.") from error
    return key, key.kid or key.thumbprint()
