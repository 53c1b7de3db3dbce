"""All routes of all services check the token before they read the body."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI

from chassis import testing
from chassis.http.openapi import described_routes

sys.path.insert(0, str(Path(__file__).parent))

from service_apps import SERVICES, app_of

WITHOUT_TOKEN = ("get_signed_blob", "exchange_invitation")
"""The routes whose callers prove their right by a signature or by a secret."""


async def send_head(app: FastAPI, method: str, path: str) -> tuple[int, Any]:
    """Send the head of a large upload without its body; return the status and the response."""
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
    routes = [one for one in described_routes(app) if one.name not in WITHOUT_TOKEN]

    assert routes
    for route in routes:
        path = re.sub(r"\{[^}]*\}", "x", re.sub(r"\{[^}]*:int\}", "1", str(route.path)))
        for method in route.methods or ():
            status, body = await send_head(app, method, path)
            assert (status, body["type"]) == (401, "urn:problem:unauthenticated"), route.path
