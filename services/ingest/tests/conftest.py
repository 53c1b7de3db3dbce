"""A database that is migrated once; every test gets a copy of it."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis import migrations, testing
from ingest_service.app import create_app
from ingest_service.settings import Settings


@pytest.fixture(scope="session")
def migrated(postgres_server: Any) -> Iterator[str]:
    name = postgres_server.create_database()
    with ThreadPoolExecutor(1) as thread:  # Alembic wants a loop of its own.
        thread.submit(migrations.upgrade, "ingest_service", postgres_server.url(name)).result()
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def app(fresh_database: Any, migrated: str, tokens: testing.Tokens, tmp_path: Path) -> FastAPI:
    url = fresh_database(template=migrated)
    return create_app(testing.settings(Settings, tokens, url, state_dir=tmp_path))


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with testing.serving(app) as client:
        yield client
