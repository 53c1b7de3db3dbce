"""The settings of issuers: invalid ones stop a service at its start; the docs' are valid."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from key_server import RSA, Provider
from pydantic import ValidationError

from chassis import service, testing

PAGE = (Path(__file__).parents[3] / "docs" / "login.md").read_text()
SHOWN = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)]


@pytest.mark.parametrize(("issuer", "claims"), list(zip(SHOWN[::2], SHOWN[1::2], strict=True)))
async def test_the_settings_that_the_docs_show_read_the_claims_that_they_show(
    provider: Provider, verifier: Any, issuer: dict[str, Any], claims: dict[str, Any]
) -> None:
    token = provider.sign(RSA, "RS256", **claims)

    caller = await verifier({**issuer, "jwks_url": provider.url}).caller(token)

    assert caller.projects == {"street"}
    assert "annotator" in caller.roles


RIGHT: dict[str, Any] = {
    "issuer": "https://id.example",
    "jwks_url": "https://id.example/keys",
    "algorithms": ["RS256"],
}


@pytest.mark.parametrize(
    ("wrong", "where", "why"),
    [
        ({"algorithms": ["HS256"]}, "algorithms.0", "'RS256' or 'PS256'"),
        ({"algorithms": ["none"]}, "algorithms.0", "'RS256' or 'PS256'"),
        ({"algorithms": []}, "algorithms", "at least 1"),
        ({"algorithms": None}, "algorithms", "valid list"),
        ({"issuer": ""}, "issuer", "at least 1"),
        ({"jwks_url": "id.example/keys"}, "jwks_url", "valid URL"),
        ({"jwks_url": "file:///etc/keys"}, "jwks_url", "'http' or 'https'"),
        ({"jwks_url": "https://id.example:99999/"}, "jwks_url", "invalid port"),
        ({"jwks_url": None}, "issuers.0", "either jwks_url or jwks_file"),
        ({"jwks_file": __file__}, "issuers.0", "either jwks_url or jwks_file"),
        ({"jwks_url": None, "jwks_file": "/no/such/file"}, "jwks_file", "not point to a file"),
        ({"audience": ""}, "audience", "at least 1"),
        ({"roles_claim": ""}, "roles_claim", "at least 1"),
        ({"roles_claim": "a..b"}, "roles_claim", "at least 1"),
        ({"roles_claim": []}, "roles_claim", "at least 1"),
        ({"role_claim": "roles"}, "role_claim", "not permitted"),
        ({"keys_max_age_seconds": 0}, "keys_max_age_seconds", "greater than 0"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_at_start_with_its_place_and_the_reason(
    monkeypatch: pytest.MonkeyPatch,
    login_settings: Any,
    wrong: dict[str, Any],
    where: str,
    why: str,
) -> None:
    for name in ("database_url", "kafka_bootstrap", "pseudonym_key"):
        monkeypatch.setenv(f"LOGIN_{name.upper()}", "x")
    monkeypatch.setenv("LOGIN_ISSUERS", json.dumps([{**RIGHT, **wrong}]))

    with pytest.raises(ValidationError) as refused:
        login_settings()

    fault = refused.value.errors()[0]
    place = ".".join(map(str, fault["loc"]))
    assert where in place
    assert why in fault["msg"]


@pytest.mark.parametrize(
    ("issuers", "sentence"),
    [
        ([{**RIGHT, "algorithms": ["HS256"]}], "LOGIN_ISSUERS: .*'PS256', at 0.algorithms.0"),
        ([{**RIGHT, "jwks_url": None}], "LOGIN_ISSUERS: .*set either jwks_url or jwks_file, at 0"),
        ("none of this is JSON", 'field "issuers".*: it must be JSON'),
    ],
)
def test_a_service_that_cannot_start_says_which_setting_is_wrong_without_any_value(
    monkeypatch: pytest.MonkeyPatch, login_settings: Any, issuers: Any, sentence: str
) -> None:
    for name in ("database_url", "pseudonym_key"):
        monkeypatch.setenv(f"LOGIN_{name.upper()}", "a secret")
    monkeypatch.setenv(
        "LOGIN_ISSUERS", issuers if isinstance(issuers, str) else json.dumps(issuers)
    )

    with pytest.raises(SystemExit) as ended:
        login_settings.from_environment()

    first, *wrong = str(ended.value).splitlines()
    assert first == "login cannot start: its settings are wrong."
    assert re.search(sentence, wrong[-1])
    assert "a secret" not in str(ended.value)


def test_the_same_issuer_twice_or_none_at_all_is_refused_at_start(
    tokens: testing.Tokens, login_settings: Any
) -> None:
    twice = testing.settings(
        login_settings, tokens, "postgresql://x/y", issuers=[{**RIGHT, "issuer": "x"}] * 2
    )
    with pytest.raises(ValueError, match="'x' is set 2 times"):
        service.create(twice, router=APIRouter(), refusals={})

    none = testing.settings(login_settings, tokens, "postgresql://x/y", jwks_file=None)
    with pytest.raises(ValueError, match="set jwks_url, jwks_file or issuers"):
        service.create(none, router=APIRouter(), refusals={})
