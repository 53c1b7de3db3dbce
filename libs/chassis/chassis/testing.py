"""Helpers for tests of services: tokens, an application on a real database, and its events."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.db.database import Database, create_pool
from chassis.events.dispatch import Delivery, Subscription, dispatch
from chassis.http import auth
from chassis.settings import ServiceSettings
from schemas.envelope import Envelope, Event

ISSUER = "labelwright-local"
PSEUDONYM_KEY = "a key for tests"

Settings = TypeVar("Settings", bound=ServiceSettings)


class Tokens:
    """Signs tokens that services made with `settings` accept."""

    def __init__(self, folder: Path) -> None:
        """Create a key, and write its public part into `folder`."""
        self._key = OKPKey.generate_key("Ed25519", parameters={"kid": "test"}, private=True)
        self.jwks = folder / "jwks.json"
        self.jwks.write_bytes(orjson.dumps({"keys": [self._key.as_dict(private=False)]}))
        self.signing_key = folder / "signing.json"
        self.signing_key.write_bytes(orjson.dumps(self._key.as_dict(private=True)))

    def sign(self, name: str, *roles: str, **claims: Any) -> str:  # noqa: ANN401
        """Return a token for `name` with `roles`, valid for all projects unless `claims` differ."""
        body = {
            "iss": ISSUER,
            "aud": "labelwright",
            "sub": name,
            "exp": int(time.time()) + 3600,
            "roles": list(roles),
            "projects": ["*"],
        }
        header = {"alg": "Ed25519", "kid": "test"}
        return jwt.encode(header, {**body, **claims}, self._key, algorithms=["Ed25519"])

    def bearer(self, name: str, *roles: str, **claims: Any) -> dict[str, str]:  # noqa: ANN401
        """Return the request header with such a token."""
        return {"authorization": f"Bearer {self.sign(name, *roles, **claims)}"}

    def pseudonym(self, name: str) -> str:
        """Return the pseudonym of `name` in the services."""
        return auth.pseudonym(PSEUDONYM_KEY, ISSUER, name)


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """Return the signer of tokens for the test session."""
    return Tokens(tmp_path_factory.mktemp("keys"))


def settings(
    kind: type[Settings],
    tokens: Tokens,
    database_url: str,
    **more: Any,  # noqa: ANN401
) -> Settings:
    """Return the settings of a service under test."""
    defaults = {
        "database_url": database_url,
        "kafka_bootstrap": "127.0.0.1:1",
        "jwks_file": tokens.jwks,
        "issuer": ISSUER,
        "pseudonym_key": PSEUDONYM_KEY,
        "database_pool": 20,
        "log_level": "WARNING",
    }
    return kind(**{**defaults, **more})


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of `app` on its database. `deliver` and `take_published` replace Kafka."""
    own: ServiceSettings = app.state.settings
    pool = await create_pool(own)
    app.state.database = Database(pool, own.service)
    transport = httpx.ASGITransport(app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
    finally:
        await pool.close()


async def deliver(
    database: Database, subscriptions: Sequence[Subscription], *events: Event
) -> None:
    """Deliver `events` to `subscriptions` in one transaction, as the consumer delivers a batch."""
    by_kind = {subscription.kind: subscription for subscription in subscriptions}
    deliveries = [
        Delivery(by_kind[type(event)], event, "") for event in events if type(event) in by_kind
    ]
    async with database.transaction() as transaction:
        await dispatch(transaction, subscriptions, deliveries)


async def take_published(database: Database, kinds: dict[str, type[Event]]) -> list[Event]:
    """Remove the events from the outbox and return them, the oldest first."""
    async with database.transaction() as transaction:
        connection = await transaction.connection()
        rows = await connection.fetch("SELECT body FROM outbox ORDER BY id")
        await connection.execute("DELETE FROM outbox")
    envelopes = [Envelope.read(row["body"]) for row in rows]
    return [envelope.event(kinds[envelope.kind]) for envelope in envelopes]
