"""Fixtures of the queue service. A database is migrated once, then copied."""

import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

# Test folders are not packages; this makes their helper modules importable.
sys.path.insert(0, str(Path(__file__).parent))

from blindness_crowd import Crowd
from queue_costs import count_statements
from queue_harness import Queue

from chassis import migrations, testing
from queue_service.app import create_app
from queue_service.settings import Settings


@pytest.fixture(scope="session")
def migrated(postgres_server: Any) -> Iterator[str]:
    """Return the name of a database with the queue's empty tables."""
    name = postgres_server.create_database()
    with ThreadPoolExecutor(1) as thread:  # Alembic needs an event loop of its own.
        thread.submit(migrations.upgrade, "queue_service", postgres_server.url(name)).result()
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
async def queue(fresh_database: Any, migrated: str, tokens: testing.Tokens) -> AsyncIterator[Queue]:
    url = fresh_database(template=migrated)
    app = create_app(testing.settings(Settings, tokens, url, signing_key_file=tokens.signing_key))
    async with testing.serving(app) as http:
        yield Queue(app, http, tokens)


@pytest.fixture
async def replicas(
    fresh_database: Any, migrated: str, tokens: testing.Tokens
) -> AsyncIterator[Sequence[Queue]]:
    """Yield two processes of the service with separate caches."""
    own = testing.settings(Settings, tokens, fresh_database(template=migrated))
    async with AsyncExitStack() as stack:
        apps = [create_app(own), create_app(own)]
        https = [await stack.enter_async_context(testing.serving(app)) for app in apps]
        yield [Queue(app, http, tokens) for app, http in zip(apps, https, strict=True)]


@pytest.fixture
async def crowd(fresh_database: Any, migrated: str, tokens: testing.Tokens) -> AsyncIterator[Crowd]:
    app = create_app(testing.settings(Settings, tokens, fresh_database(template=migrated)))
    async with testing.serving(app) as http:
        yield Crowd(app, http, tokens)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the statements of all connections."""
    return count_statements(monkeypatch)
