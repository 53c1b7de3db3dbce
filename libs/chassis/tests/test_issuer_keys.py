"""The keys of an issuer: they change, are withdrawn and become unavailable during operation."""

import asyncio
from typing import Any

import pytest
from fastapi import APIRouter
from key_server import RSA, RSA_LATER, Provider, make_key

from chassis import service, testing
from chassis.http.auth import AnyCaller, Unauthenticated
from chassis.http.issuer_keys import KeysUnavailable


async def test_an_unknown_key_causes_no_look_up_while_the_keys_are_young(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_min_age_seconds=3_600))
    await subject.caller(provider.sign(RSA, "RS256"))
    foreign = make_key("RS256", "foreign")

    for number in range(40):
        with pytest.raises(Unauthenticated):
            await subject.caller(provider.sign(foreign, "RS256", jti=str(number)))

    assert provider.requests == 1


async def test_a_new_key_is_found_once_the_keys_are_old_enough_and_remembered(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_min_age_seconds=0.2))
    await subject.caller(provider.sign(RSA, "RS256"))
    provider.publish(RSA, RSA_LATER)
    await asyncio.sleep(0.3)

    token = provider.sign(RSA_LATER, "RS256")

    assert await subject.caller(token) is await subject.caller(token)
    assert provider.requests == 2


async def test_many_callers_with_a_new_key_cause_one_look_up(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_min_age_seconds=0))
    await subject.caller(provider.sign(RSA, "RS256"))
    provider.publish(RSA, RSA_LATER)

    callers = [subject.caller(provider.sign(RSA_LATER, "RS256", jti=str(n))) for n in range(40)]

    assert all(await asyncio.gather(*callers))
    assert provider.requests == 2


async def test_a_token_that_no_new_key_could_make_good_causes_no_look_up(
    provider: Provider, verifier: Any
) -> None:
    subject = verifier(provider.settings("RS256", keys_min_age_seconds=0))
    await subject.caller(provider.sign(RSA, "RS256"))

    for algorithm, claims in (("RS256", {"exp": 7}), ("RS256", {"aud": "another"}), ("PS256", {})):
        with pytest.raises(Unauthenticated):
            await subject.caller(provider.sign(RSA, algorithm, **claims))

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
    """Return when the keys were requested twice, so that the first response has been read."""
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


@pytest.mark.parametrize(
    "published", [[], "keys", [make_key("ES256", "one").as_dict(private=False)]]
)
async def test_a_provider_without_a_key_that_fits_is_unavailable_not_a_wrong_token(
    provider: Provider, verifier: Any, published: Any
) -> None:
    token = provider.sign(RSA, "RS256")
    provider.published = published

    with pytest.raises(KeysUnavailable, match="could not be read"):
        await verifier(provider.settings("RS256")).caller(token)


async def test_a_token_whose_issuer_is_away_is_answered_503(
    provider: Provider, tokens: testing.Tokens, fresh_database: Any, login_settings: Any
) -> None:
    router = APIRouter()
    router.add_api_route("/me", me)
    provider.status = 503
    issuers = [provider.settings("RS256")]
    settings = testing.settings(login_settings, tokens, fresh_database(), issuers=issuers)
    app = service.create(settings, router=router, refusals={})

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
