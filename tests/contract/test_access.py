"""All routes of all services look at the token first."""

import asyncio
import importlib
import re
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from chassis import testing

SERVICES = ("ingest", "queue", "consensus", "quality", "dataset_store")


def app_of(service: str, tokens: testing.Tokens) -> FastAPI:
    package = f"{service}_service"
    kind = importlib.import_module(f"{package}.settings").Settings
    told = testing.settings(kind, tokens, "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    app: FastAPI = importlib.import_module(f"{package}.app").create_app(told)
    return app


async def ask(app: FastAPI, method: str, path: str) -> tuple[int, Any]:
    """Send the head of a large upload; whoever reads its body waits for ever."""
    sent: list[Any] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"19900000")],
    }

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    async with asyncio.timeout(5):
        await app(scope, receive, send)
    return sent[0]["status"], orjson.loads(sent[1]["body"])


@pytest.mark.parametrize("service", SERVICES)
async def test_no_route_reads_the_body_of_a_caller_without_a_token(
    service: str, tokens: testing.Tokens
) -> None:
    app = app_of(service, tokens)
    routes = [one for one in app.routes if isinstance(one, APIRoute)]

    assert routes
    for route in routes:
        path = re.sub(r"\{[^}]*\}", "x", route.path)
        for method in route.methods:
            status, body = await ask(app, method, path)
            assert (status, body["type"]) == (401, "urn:problem:unauthenticated"), route.path
