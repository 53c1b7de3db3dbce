"""For tests of services: tokens, an app over a real database, events in and events out."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.db.database import Database, Transaction, create_pool
from chassis.events import inbox
from chassis.events.dispatch import Subscription, lock_batch
from chassis.http import auth
from chassis.settings import ServiceSettings
from schemas.envelope import Envelope, Event

ISSUER = "labelwright-local"
PSEUDONYM_KEY = "a key for tests"

Settings = TypeVar("Settings", bound=ServiceSettings)


class Tokens:
    """Signs tokens that services made with `settings` accept."""

    def __init__(self, folder: Path) -> None:
        """The public key goes into `folder`."""
        self._key = OKPKey.generate_key("Ed25519", parameters={"kid": "test"}, private=True)
        self.jwks = folder / "jwks.json"
        self.jwks.write_bytes(orjson.dumps({"keys": [self._key.as_dict(private=False)]}))

    def sign(self, name: str, *roles: str, **claims: Any) -> str:  # noqa: ANN401
        """A token for `name` with `roles`, good for every project unless `claims` say otherwise."""
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
        """The header that carries such a token."""
        return {"authorization": f"Bearer {self.sign(name, *roles, **claims)}"}

    def pseudonym(self, name: str) -> str:
        """What services call `name`."""
        return auth.pseudonym(PSEUDONYM_KEY, ISSUER, name)


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """Signs tokens for the test session."""
    return Tokens(tmp_path_factory.mktemp("keys"))


def settings(
    kind: type[Settings],
    tokens: Tokens,
    database_url: str,
    **more: Any,  # noqa: ANN401
) -> Settings:
    """The settings of a service under test."""
    told = {
        "database_url": database_url,
        "kafka_bootstrap": "127.0.0.1:1",
        "jwks_file": tokens.jwks,
        "issuer": ISSUER,
        "pseudonym_key": PSEUDONYM_KEY,
        "database_pool": 20,
        "log_level": "WARNING",
    }
    return kind(**{**told, **more})


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app` over its real database; Kafka has no part, `hear` and `said` stand in."""
    own: ServiceSettings = app.state.settings
    pool = await create_pool(own)
    app.state.database = Database(pool, own.service)
    transport = httpx.ASGITransport(app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
    finally:
        await pool.close()


async def hear(database: Database, subscriptions: Sequence[Subscription], *events: Event) -> None:
    """Deliver `events` as the consumer does: one transaction, each event once, runs together."""
    by_kind = {one.kind: one for one in subscriptions}
    heard = [event for event in events if type(event) in by_kind]
    async with database.transaction() as transaction:
        fresh = await inbox.first_deliveries(transaction, [(e.event_id, e.topic) for e in heard])
        new = {event.event_id: event for event in heard if event.event_id in fresh}
        await lock_batch(transaction, [(by_kind[type(one)], one) for one in new.values()])
        for kind, run in groupby(new.values(), key=type):
            await by_kind[kind].handle(transaction, list(run))


async def said(database: Database, kinds: dict[str, type[Event]]) -> list[Event]:
    """Take the events out of the outbox, oldest first."""
    async with database.transaction() as transaction:
        return await _taken(transaction, kinds)


async def _taken(transaction: Transaction, kinds: dict[str, type[Event]]) -> list[Event]:
    connection = await transaction.connection()
    rows = await connection.fetch("SELECT body FROM outbox ORDER BY id")
    await connection.execute("DELETE FROM outbox")
    envelopes = [Envelope.read(row["body"]) for row in rows]
    return [envelope.event(kinds[envelope.kind]) for envelope in envelopes]
