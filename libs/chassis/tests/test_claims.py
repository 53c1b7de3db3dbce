"""The claims of a token: each is read correctly or refused, whatever the issuer wrote."""

import asyncio
import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_settings import SettingsConfigDict

from chassis import testing
from chassis.http.auth import Unauthenticated
from chassis.http.claims import expiry, names, text
from chassis.http.verifier import Verifier
from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of a service that checks tokens."""

    model_config = SettingsConfigDict(env_prefix="CLAIMED_", frozen=True)
    service: ClassVar[str] = "claimed"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.text(min_size=1).filter(lambda value: value != "*"))
def test_a_text_is_one_name_and_never_its_letters(value: str) -> None:
    assert names({"projects": value}, ["projects"]) == {value}


def test_the_wildcard_is_never_read_out_of_a_text() -> None:
    assert names({"projects": ["*"]}, ["projects"]) == {"*"}
    with pytest.raises(ValueError, match="must be a list"):
        names({"projects": "*"}, ["projects"])


@given(ANYTHING.filter(lambda value: value != "*"))
def test_a_claim_of_names_is_a_list_of_texts_or_refused(value: Any) -> None:
    is_right = isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    )
    if is_right:
        assert names({"roles": value}, ["roles"]) == frozenset(
            [value] if isinstance(value, str) else value
        )
    else:
        with pytest.raises(ValueError, match="roles"):
            names({"roles": value}, ["roles"])


@given(ANYTHING)
def test_an_expiry_is_a_time_or_refused(value: Any) -> None:
    try:
        found = expiry({"exp": value})
    except ValueError:
        return
    assert not isinstance(value, bool)
    assert found == value
    assert 0 < found < 1e12


@pytest.mark.parametrize("value", [10**400, float("inf"), float("nan"), -1, 0, True, "1", None])
def test_an_expiry_that_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="exp"):
        expiry({"exp": value})


@pytest.mark.parametrize("value", [None, 7, ["a"], {}])
def test_a_subject_that_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="sub"):
        text({"sub": value}, "sub")


def test_a_missing_claim_gives_no_names() -> None:
    assert names({}, ["projects"]) == frozenset()


@given(
    name=st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "roles", "projects"]),
    value=ANYTHING,
)
def test_a_signed_token_names_a_caller_or_is_refused(
    tokens: testing.Tokens, name: str, value: Any
) -> None:
    settings = testing.settings(Settings, tokens, "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    token = tokens.sign("ada", "reader", **{name: value})

    with suppress(Unauthenticated):
        caller = asyncio.run(Verifier(settings).caller(token))
        assert all(isinstance(one, str) for one in caller.roles | caller.projects)


@given(header=st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "b64"]), ANYTHING))
def test_a_token_with_another_header_than_was_signed_is_refused(
    tokens: testing.Tokens, header: dict[str, Any]
) -> None:
    settings = testing.settings(Settings, tokens, "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    _, body, signature = tokens.sign("ada", "reader").split(".")
    first = urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")

    with pytest.raises(Unauthenticated):
        asyncio.run(Verifier(settings).caller(f"{first}.{body}.{signature}"))
