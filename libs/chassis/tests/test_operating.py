"""What those who run a service rely on: metrics, readiness, logs, and outages that are survived."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, ClassVar

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic_settings import SettingsConfigDict
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import service, testing
from chassis.database import metadata
from chassis.settings import ServiceSettings
from labelwright_local import ports


class Settings(ServiceSettings):
    """Settings of the service under test."""

    model_config = SettingsConfigDict(env_prefix="OPERATED_", frozen=True)
    service: ClassVar[str] = "operated"


Running = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
async def url(fresh_database: Any) -> str:
    """The address of a database that has the chassis' tables."""
    address: str = fresh_database()
    engine = create_async_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
    return address


@pytest.fixture
def running(tokens: testing.Tokens, kafka_server: Any, url: str) -> Running:
    """Runs a service with all its parts; yields a client of its API."""

    @asynccontextmanager
    async def run(**more: Any) -> AsyncIterator[httpx.AsyncClient]:
        prefix = f"t{uuid.uuid4().hex[:8]}-"
        told = {"kafka_bootstrap": kafka_server.bootstrap, "topic_prefix": prefix, **more}
        app: FastAPI = service.create(
            testing.settings(Settings, tokens, url, **told), router=APIRouter(), refusals={}
        )
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as http,
        ):
            yield http

    return run


# --- metrics


async def test_metrics_are_answered_at_a_port_of_their_own_and_not_at_the_apis(
    running: Running,
) -> None:
    (port,) = ports.some_free(1)

    async with running(metrics_port=port) as api, httpx.AsyncClient() as anybody:
        at_the_api = await api.get("/metrics")
        own = await anybody.get(f"http://127.0.0.1:{port}/metrics")

    assert at_the_api.status_code == 404
    assert own.status_code == 200
    assert "labelwright_http_request_seconds_count" in own.text


async def test_a_service_that_has_stopped_leaves_the_port_of_its_metrics(running: Running) -> None:
    (port,) = ports.some_free(1)

    async with running(metrics_port=port):
        assert not ports.is_free(port)

    assert ports.is_free(port)
