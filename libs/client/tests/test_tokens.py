import json
import time
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from labelwright_client import tokens
from labelwright_client.problems import NotConfigured
from labelwright_client.stack import Stack


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    write_key(tmp_path)
    (tmp_path / "keys" / "pseudonym").write_text("5ec7e7\n")
    return tmp_path


def write_key(home: Path) -> OKPKey:
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    (home / "keys" / "signing.json").write_text(json.dumps(key.as_dict(private=True)))
    return key


def read(home: Path, token: str) -> jwt.Token:
    key = OKPKey.import_key(json.loads((home / "keys" / "signing.json").read_text()))
    return jwt.decode(token, key, algorithms=["Ed25519"])


def test_a_token_has_name_roles_projects_and_expiry(home: Path) -> None:
    token = tokens.sign(home, name="ada", roles=["annotator"], projects=["reviews"], hours=2)

    claims = read(home, token).claims
    assert (claims["iss"], claims["aud"], claims["sub"]) == (
        "labelwright-local",
        "labelwright",
        "ada",
    )
    assert (claims["roles"], claims["projects"], claims["kind"]) == (
        ["annotator"],
        ["reviews"],
        "human",
    )
    assert claims["exp"] - claims["iat"] == 7200


def test_the_header_names_the_key(home: Path) -> None:
    signed_by = json.loads((home / "keys" / "signing.json").read_text())["kid"]

    assert read(home, tokens.sign(home, name="ada", roles=[])).header["kid"] == signed_by


def test_a_new_key_is_used_at_once(home: Path) -> None:
    tokens.sign(home, name="ada", roles=[])
    time.sleep(0.01)
    write_key(home)

    read(home, tokens.sign(home, name="ada", roles=[]))


def test_a_thousand_tokens_are_signed_quickly(home: Path) -> None:
    began = time.monotonic()
    for number in range(1000):
        tokens.sign(home, name=f"annotator-{number}", roles=["annotator"])

    assert time.monotonic() - began < 2


def test_a_pseudonym_is_the_keyed_hash_of_issuer_and_name(home: Path) -> None:
    # As `printf 'labelwright-local\\0ada' | openssl dgst -sha256 -hmac 5ec7e7` says.
    assert tokens.pseudonym(home, "ada") == "073ad21ae715f6010eb4da2701689f04"


def test_without_keys_signing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(tokens.NoSigningKey, match="cannot be read"):
        tokens.sign(tmp_path, name="ada", roles=[])
    with pytest.raises(NotConfigured, match="cannot be signed"):
        Stack({}, home=tmp_path).sign("ada", ["annotator"])
