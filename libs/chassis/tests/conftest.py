"""An identity provider, and verifiers that accept it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic_settings import SettingsConfigDict

# Test folders are no packages: this is how tests find what lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

from key_server import RSA, Provider, running_provider

from chassis import testing
from chassis.http.verifier import Verifier
from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="LOGIN_", frozen=True)
    service: ClassVar[str] = "login"


@pytest.fixture
def login_settings() -> type[ServiceSettings]:
    """Settings of a service that checks tokens; their variables begin with LOGIN_."""
    return Settings


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as found:
        found.publish(RSA)
        yield found


@pytest.fixture
def verifier(tokens: testing.Tokens) -> Callable[..., Verifier]:
    """Makes verifiers that accept the local issuer and others."""

    def make(*issuers: Any) -> Verifier:
        return Verifier(
            testing.settings(
                Settings, tokens, "postgresql+asyncpg://nobody@127.0.0.1:1/none", issuers=issuers
            )
        )

    return make
