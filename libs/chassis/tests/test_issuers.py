"""Tokens of identity providers: those that are set are accepted, by their own rules alone."""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fastapi import APIRouter
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

sys.path.insert(0, str(Path(__file__).parent))

from key_server import Provider, make_key, running_provider

from chassis import service, testing
from chassis.auth import AnyCaller, Unauthenticated
from chassis.issuer_keys import KeysUnavailable
from chassis.issuers import ALGORITHMS
from chassis.settings import ServiceSettings
from chassis.verifier import Verifier

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
RSA = make_key("RS256", "one")
RSA_LATER = make_key("RS256", "two")


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="LOGIN_", frozen=True)
    service: ClassVar[str] = "login"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as found:
        found.publish(RSA)
        yield found


@pytest.fixture
def verifier(tokens: testing.Tokens) -> Callable[..., Verifier]:
    """Makes verifiers that accept the local issuer and others."""

    def make(*issuers: Any) -> Verifier:
        return Verifier(testing.settings(Settings, tokens, NOWHERE, issuers=issuers))

    return make


def forged(header: Any, token: str, signature: bytes = b"") -> str:
    """`token` with another header and signature."""
    return f"{encoded(json.dumps(header).encode())}.{token.split('.')[1]}.{encoded(signature)}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


# --- signatures


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_token_by_any_algorithm_that_is_set_is_accepted(
    provider: Provider, verifier: Any, algorithm: str
) -> None:
    key = make_key(algorithm, "mine")
    provider.publish(key)

    caller = await verifier(provider.settings(algorithm)).caller(provider.sign(key, algorithm))

    assert len(caller.pseudonym) == 32


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_an_algorithm_that_is_not_the_issuers_is_refused_though_the_key_fits(
    provider: Provider, verifier: Any, algorithm: str
) -> None:
    others = [one for one in ALGORITHMS if one != algorithm]
    keys = {one: make_key(one, one) for one in ALGORITHMS}
    provider.publish(*keys.values())

    with pytest.raises(Unauthenticated, match="not allowed"):
        await verifier(provider.settings(*others)).caller(provider.sign(keys[algorithm], algorithm))


@pytest.mark.parametrize("secret", ["pem", "der", "jwk", "modulus"])
async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    provider: Provider, verifier: Any, secret: str
) -> None:
    assert isinstance(RSA, RSAKey)
    known = {
        "pem": RSA.as_pem(private=False),
        "der": RSA.as_der(private=False),
        "jwk": json.dumps(provider.published[0]).encode(),
        "modulus": provider.published[0]["n"].encode(),
    }[secret]
    header, token = {"alg": "HS256", "kid": "one"}, provider.sign(RSA, "RS256")
    signed = forged(header, token).rpartition(".")[0]
    signature = hmac.new(known, signed.encode(), hashlib.sha256).digest()

    with pytest.raises(Unauthenticated, match="HS256"):
        await verifier(provider.settings(*ALGORITHMS)).caller(forged(header, token, signature))


async def test_a_shared_secret_among_the_published_keys_verifies_nothing(
    provider: Provider, verifier: Any
) -> None:
    shared = OctKey.generate_key(256, parameters={"kid": "shared"})
    provider.published = [RSA.as_dict(private=False), shared.as_dict(private=True)]

    with pytest.raises(Unauthenticated, match="HS256"):
        await verifier(provider.settings("RS256")).caller(provider.sign(shared, "HS256"))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "HS512", "RS512", "ES384", "", 7, None])
async def test_a_token_by_no_or_an_unknown_algorithm_is_refused(
    provider: Provider, verifier: Any, name: Any
) -> None:
    token = forged({"alg": name, "kid": "one"}, provider.sign(RSA, "RS256"))

    with pytest.raises(Unauthenticated):
        await verifier(provider.settings(*ALGORITHMS)).caller(token)


async def test_an_algorithm_that_does_not_fit_the_type_of_the_key_is_refused(
    provider: Provider, verifier: Any
) -> None:
    curve = make_key("ES256", "one")
    other_curve = ECKey.generate_key("P-384", parameters={"kid": "384"})
    provider.publish(RSA, other_curve)
    subject = verifier(provider.settings(*ALGORITHMS))

    for token in (
        provider.sign(curve, "ES256"),
        provider.sign(other_curve, "ES384"),
        forged({"alg": "ES256", "kid": "384"}, provider.sign(RSA, "RS256"), b"1" * 96),
        forged({"alg": "Ed25519", "kid": "one"}, provider.sign(RSA, "RS256"), b"1" * 64),
    ):
        with pytest.raises(Unauthenticated):
            await subject.caller(token)


async def test_a_key_that_names_its_algorithm_is_good_for_that_one_alone(
    provider: Provider, verifier: Any
) -> None:
    provider.published = [{**RSA.as_dict(private=False), "alg": "RS256"}]
    subject = verifier(provider.settings("RS256", "PS256"))

    assert await subject.caller(provider.sign(RSA, "RS256"))
    with pytest.raises(Unauthenticated):
        await subject.caller(provider.sign(RSA, "PS256"))


async def test_a_key_for_encryption_verifies_nothing(provider: Provider, verifier: Any) -> None:
    provider.published = [
        {**RSA.as_dict(private=False), "use": "enc"},
        RSA_LATER.as_dict(private=False),
    ]

    with pytest.raises(Unauthenticated):
        await verifier(provider.settings("RS256")).caller(provider.sign(RSA, "RS256"))


async def test_keys_that_cannot_be_used_do_not_hide_those_that_can(
    provider: Provider, verifier: Any
) -> None:
    with warnings.catch_warnings(action="ignore"):
        short = RSAKey.generate_key(1024, parameters={"kid": "short"})
        by_short = provider.sign(short, "RS256")
    provider.published = [
        {"kty": "LATTICE", "kid": "q"}, {"kty": "RSA", "kid": "r"}, {"kid": "t"}, 7, None,
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}, {"kty": ["RSA"]},
        short.as_dict(private=False), RSA.as_dict(private=False),
    ]  # fmt: skip
    subject = verifier(provider.settings("RS256"))

    assert await subject.caller(provider.sign(RSA, "RS256"))
    with pytest.raises(Unauthenticated):
        await subject.caller(by_short)


# --- claims


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "another"}, "aud"),
        ({"aud": ["another", "third"]}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": None}, "aud"),
        ({"iss": "https://elsewhere.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"iss": ["a"]}, "iss"),
        ({"exp": int(time.time()) - 2}, "expired"),
        ({"exp": None}, "exp"),
        ({"nbf": int(time.time()) + 3600}, "not yet valid"),
        ({"iat": int(time.time()) + 3600}, "future"),
        ({"sub": ""}, "sub"),
    ],
    ids=str,
)
async def test_a_token_with_wrong_claims_is_refused_with_the_reason(
    provider: Provider, verifier: Any, claims: dict[str, Any], reason: str
) -> None:
    token = provider.sign(RSA, "RS256", **claims)

    with pytest.raises(Unauthenticated, match=reason):
        await verifier(provider.settings("RS256")).caller(token)


async def test_a_token_of_an_issuer_whose_clock_is_a_little_ahead_is_accepted(
    provider: Provider, verifier: Any
) -> None:
    soon = int(time.time()) + 15

    assert await verifier(provider.settings("RS256")).caller(
        provider.sign(RSA, "RS256", iat=soon, nbf=soon, aud=["account", "labelwright"])
    )


async def test_what_is_signed_but_no_object_is_refused(provider: Provider, verifier: Any) -> None:
    for body in (b"[]", b"null", b"7", b"", b"{", b"[" * 9_000, b'{"iss":"\xff"}'):
        header = encoded(b'{"alg":"RS256","kid":"one"}')
        with pytest.raises(Unauthenticated):
            await verifier(provider.settings("RS256")).caller(f"{header}.{encoded(body)}.AAAA")


async def test_roles_and_projects_are_read_where_the_settings_say(
    provider: Provider, verifier: Any
) -> None:
    for roles_claim, projects_claim, claims in (
        ("realm_access.roles", "projects", {"realm_access": {"roles": ["r"]}, "projects": "p"}),
        ("https://x.example/roles", "https://x.example/in", {"https://x.example/roles": ["r"],
                                                             "https://x.example/in": ["p"]}),
        (["resource_access", "my.app", "roles"], "groups",
         {"resource_access": {"my.app": {"roles": ["r"]}}, "groups": ["p"]}),
    ):  # fmt: skip
        told = provider.settings("RS256", roles_claim=roles_claim, projects_claim=projects_claim)
        own = {"roles": ["admin"]} if roles_claim != "roles" else {}
        caller = await verifier(told).caller(provider.sign(RSA, "RS256", **own, **claims))

        assert (caller.roles, caller.projects) == ({"r"}, {"p"})


async def test_a_token_without_the_claim_has_no_role_and_one_with_another_form_is_refused(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", roles_claim="realm_access.roles"))

    none = await subject.caller(provider.sign(RSA, "RS256", realm_access={}))
    assert none.roles == frozenset()
    with pytest.raises(Unauthenticated, match=r"realm_access\.roles"):
        await subject.caller(provider.sign(RSA, "RS256", realm_access=["roles"]))


# --- several issuers


async def test_several_issuers_are_accepted_each_by_its_own_key_alone(
    provider: Provider, verifier: Any, tokens: testing.Tokens
) -> None:
    with running_provider() as other:
        other.publish(twin := make_key("RS256", "one"))
        subject = verifier(provider.settings("RS256"), other.settings("RS256", audience="theirs"))

        callers = [
            await subject.caller(tokens.sign("ada", "annotator")),
            await subject.caller(provider.sign(RSA, "RS256")),
            await subject.caller(other.sign(twin, "RS256", aud="theirs")),
        ]
        assert len({one.pseudonym for one in callers}) == 3
        for token in (
            provider.sign(twin, "RS256"),
            provider.sign(RSA, "RS256", iss=other.url, aud="theirs"),
            other.sign(twin, "RS256", aud="labelwright"),
            provider.sign(RSA, "RS256", iss=testing.ISSUER),
        ):
            with pytest.raises(Unauthenticated):
                await subject.caller(token)


# --- keys that change


async def test_an_unknown_key_is_looked_up_once_in_a_while_and_no_oftener(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_min_age_seconds=0.5))
    await subject.caller(provider.sign(RSA, "RS256"))
    foreign = make_key("RS256", "foreign")

    for number in range(40):
        with pytest.raises(Unauthenticated):
            await subject.caller(provider.sign(foreign, "RS256", jti=str(number)))
    assert provider.requests == 1

    await asyncio.sleep(0.5)
    provider.publish(RSA, RSA_LATER)
    callers = [subject.caller(provider.sign(RSA_LATER, "RS256", jti=str(n))) for n in range(40)]
    assert all(await asyncio.gather(*callers))
    assert provider.requests == 2


async def test_a_token_that_is_refused_for_its_claims_causes_no_look_up(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_min_age_seconds=0))

    for claims in ({"exp": 7}, {"aud": "another"}):
        with pytest.raises(Unauthenticated):
            await subject.caller(provider.sign(RSA, "RS256", **claims))

    assert provider.requests == 1


async def test_a_withdrawn_key_is_refused_also_for_a_token_that_was_accepted_before(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_max_age_seconds=0.05))
    before = provider.sign(RSA, "RS256")
    keeping = asyncio.create_task(subject.keep_keys_current())
    try:
        first = await subject.caller(before)
        provider.publish(RSA, RSA_LATER)
        await read_again(provider)
        assert await subject.caller(before) == first
        assert await subject.caller(provider.sign(RSA_LATER, "RS256"))
        provider.publish(RSA_LATER)
        await read_again(provider)
        with pytest.raises(Unauthenticated, match="one"):
            await subject.caller(before)
        assert await subject.caller(provider.sign(RSA_LATER, "RS256"))
    finally:
        keeping.cancel()


async def read_again(provider: Provider) -> None:
    """Return when the keys were asked for twice: the first answer is taken in by then."""
    end = provider.requests + 2
    async with asyncio.timeout(10):
        while provider.requests < end:
            await asyncio.sleep(0.01)


async def test_keys_that_did_not_change_leave_accepted_tokens_remembered(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_max_age_seconds=0.05))
    keeping = asyncio.create_task(subject.keep_keys_current())
    try:
        token = provider.sign(RSA, "RS256")
        first = await subject.caller(token)
        await read_again(provider)

        assert await subject.caller(token) is first
    finally:
        keeping.cancel()


async def test_a_provider_that_is_away_costs_nobody_who_is_known(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_min_age_seconds=0))
    known = provider.sign(RSA, "RS256")
    await subject.caller(known)
    provider.status = 500

    with pytest.raises(Unauthenticated):
        await subject.caller(provider.sign(make_key("RS256", "foreign"), "RS256"))

    assert await subject.caller(known)
    assert await subject.caller(provider.sign(RSA, "RS256", jti="fresh"))


async def test_nobody_waits_for_a_slow_provider_but_who_has_an_unknown_key(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_min_age_seconds=0))
    await subject.caller(provider.sign(RSA, "RS256"))
    provider.answers.clear()
    foreign = asyncio.create_task(
        subject.caller(provider.sign(make_key("RS256", "foreign"), "RS256"))
    )
    while provider.requests < 2:
        await asyncio.sleep(0.01)

    async with asyncio.timeout(2):
        assert await subject.caller(provider.sign(RSA, "RS256", jti="fresh"))

    provider.answers.set()
    with pytest.raises(Unauthenticated):
        await foreign


@pytest.mark.parametrize("published", [[], "keys", [{"kty": "oct", "k": "AAAA"}]])
async def test_a_provider_without_a_key_that_fits_is_unavailable_not_a_wrong_token(
    provider: Provider, verifier: Any, published: Any
) -> None:
    token = provider.sign(RSA, "RS256")
    provider.published = published

    with pytest.raises(KeysUnavailable, match="could not be read"):
        await verifier(provider.settings("RS256")).caller(token)


async def test_a_token_whose_issuer_is_away_is_answered_503(
    provider: Provider, tokens: testing.Tokens, fresh_database: Any
) -> None:
    router = APIRouter()
    router.add_api_route("/me", me)
    provider.status = 503
    issuers = [provider.settings("RS256")]
    told = testing.settings(Settings, tokens, fresh_database(), issuers=issuers)
    app = service.create(told, router=router, refusals={})

    async with testing.serving(app) as http:
        header = {"authorization": f"Bearer {provider.sign(RSA, 'RS256')}"}
        refused = [await http.get("/me", headers=header) for _ in range(20)]
        local = await http.get("/me", headers=tokens.bearer("ada"))

    assert {(one.status_code, one.json()["type"]) for one in refused} == {
        (503, "urn:problem:keys-unavailable")
    }
    assert refused[0].headers["retry-after"] == "10"
    assert provider.requests == 1
    assert local.status_code == 200


async def me(caller: AnyCaller) -> str:
    return caller.pseudonym


# --- settings


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
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], where: str, why: str
) -> None:
    for name in ("database_url", "kafka_bootstrap", "pseudonym_key"):
        monkeypatch.setenv(f"LOGIN_{name.upper()}", "x")
    monkeypatch.setenv("LOGIN_ISSUERS", json.dumps([{**RIGHT, **wrong}]))

    with pytest.raises(ValidationError) as refused:
        Settings()

    fault = refused.value.errors()[0]
    place = ".".join(map(str, fault["loc"]))
    assert where in place
    assert why in fault["msg"]


def test_the_same_issuer_twice_or_none_at_all_is_refused_at_start(tokens: testing.Tokens) -> None:
    twice = testing.settings(Settings, tokens, NOWHERE, issuers=[{**RIGHT, "issuer": "x"}] * 2)
    with pytest.raises(ValueError, match="'x' is set 2 times"):
        service.create(twice, router=APIRouter(), refusals={})

    none = testing.settings(Settings, tokens, NOWHERE, jwks_file=None)
    with pytest.raises(ValueError, match="set jwks_url, jwks_file or issuers"):
        service.create(none, router=APIRouter(), refusals={})
