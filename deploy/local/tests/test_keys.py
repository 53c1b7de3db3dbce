import json
import stat
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from labelwright_local import keys


def test_the_public_key_verifies_tokens_of_the_private_key(tmp_path: Path) -> None:
    keys.make(tmp_path)
    private = json.loads((tmp_path / "signing.json").read_text())
    public = KeySet.import_key_set(json.loads((tmp_path / "jwks.json").read_text()))

    header = {"alg": "Ed25519", "kid": private["kid"]}
    token = jwt.encode(header, {"sub": "ada"}, OKPKey.import_key(private), algorithms=["Ed25519"])

    assert jwt.decode(token, public, algorithms=["Ed25519"]).claims == {"sub": "ada"}


def test_the_public_file_holds_nothing_private(tmp_path: Path) -> None:
    keys.make(tmp_path)

    (public,) = json.loads((tmp_path / "jwks.json").read_text())["keys"]

    assert public.keys() == {"kty", "crv", "x", "use", "kid"}


def test_secrets_are_closed_to_others_and_differ(tmp_path: Path) -> None:
    keys.make(tmp_path)

    modes = {
        name: stat.S_IMODE((tmp_path / name).stat().st_mode)
        for name in ("signing.json", "pseudonym", "page")
    }
    pseudonym, page = keys.read(tmp_path, "pseudonym"), keys.read(tmp_path, "page")

    assert set(modes.values()) == {0o600}
    assert len(bytes.fromhex(pseudonym)) == len(bytes.fromhex(page)) == 32
    assert pseudonym != page


def test_a_second_start_keeps_the_secrets(tmp_path: Path) -> None:
    keys.make(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    keys.make(tmp_path)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
