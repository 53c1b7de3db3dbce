"""The secrets of a stack, made at its first start: whoever may read the home may sign for it."""

import json
import os
import secrets
from pathlib import Path

from joserfc.jwk import OKPKey

SECRET_BYTES = 32


def make(folder: Path) -> None:
    """Make what is missing: the signing key with its public half, and two plain secrets."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "jwks.json").exists():
        make_signing_key(folder)
    for name in ("pseudonym", "page"):
        if not (folder / name).exists():
            write(folder / name, secrets.token_hex(SECRET_BYTES) + "\n", 0o600)


def make_signing_key(folder: Path) -> None:
    """Make an Ed25519 key, named by its own thumbprint. The public half is written last."""
    key = OKPKey.generate_key("Ed25519", {"use": "sig"})
    name = key.thumbprint()
    private = key.as_dict(private=True, kid=name)
    public = key.as_dict(private=False, kid=name)
    write(folder / "signing.json", json.dumps(private), 0o600)
    write(folder / "jwks.json", json.dumps({"keys": [public]}), 0o644)


def read(folder: Path, name: str) -> str:
    """One of the plain secrets."""
    return (folder / name).read_text("ascii").strip()


def write(file: Path, text: str, mode: int) -> None:
    """Write a file, whole or not at all, that was at no time more open than `mode`."""
    unfinished = file.with_name(file.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    unfinished.replace(file)
