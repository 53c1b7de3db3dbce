"""Tokens of the configured identity providers: each is accepted by the settings of its issuer."""

import base64
import hashlib
import hmac
import json
import time
import warnings
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from key_server import RSA, RSA_LATER, Provider, make_key, running_provider

from chassis import testing
from chassis.http.auth import Unauthenticated
from chassis.issuers import ALGORITHMS


def forged(header: Any, token: str, signature: bytes = b"") -> str:
    """Return `token` with another header and signature."""
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
        weak = RSAKey.generate_key(1024, parameters={"kid": "weak"})
        by_weak = provider.sign(weak, "RS256")
    provider.published = [
        {"kty": "LATTICE", "kid": "q"}, {"kty": "RSA", "kid": "r"}, {"kid": "t"}, 7, None,
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}, {"kty": ["RSA"]},
        weak.as_dict(private=False), RSA.as_dict(private=False),
    ]  # fmt: skip
    subject = verifier(provider.settings("RS256"))

    assert await subject.caller(provider.sign(RSA, "RS256"))
    with pytest.raises(Unauthenticated):
        await subject.caller(by_weak)


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
        issuer = provider.settings("RS256", roles_claim=roles_claim, projects_claim=projects_claim)
        own = {"roles": ["admin"]} if roles_claim != "roles" else {}
        caller = await verifier(issuer).caller(provider.sign(RSA, "RS256", **own, **claims))

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
