"""The secrets of a stack, created at its first start. Anyone who can read them can sign tokens."""

import json
import os
import secrets
from pathlib import Path

from joserfc.jwk import OKPKey

SECRET_BYTES = 32


def make(folder: Path) -> None:
    """Create those that are missing: the key pair for tokens, and two random secrets."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "jwks.json").exists():
        make_signing_key(folder)
    for name in ("pseudonym", "page"):
        if not (folder / name).exists():
            write(folder / name, secrets.token_hex(SECRET_BYTES) + "\n", 0o600)


def make_signing_key(folder: Path) -> None:
    """Create an Ed25519 key with its thumbprint as `kid`. The public key is written last."""
    key = OKPKey.generate_key("Ed25519", {"use": "sig"})
    name = key.thumbprint()
    private = key.as_dict(private=True, kid=name)
    public = key.as_dict(private=False, kid=name)
    write(folder / "signing.json", json.dumps(private), 0o600)
    write(folder / "jwks.json", json.dumps({"keys": [public]}), 0o644)


def read(folder: Path, name: str) -> str:
    """Return one of the random secrets."""
    return (folder / name).read_text("ascii").strip()


def write(file: Path, text: str, mode: int) -> None:
    """Write a file atomically, with the permissions `mode` from the beginning."""
    unfinished = file.with_name(file.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    unfinished.replace(file)
