"""All routes of all services answer preflight requests of the configured origins only."""

import importlib
import re
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from chassis import testing

SERVICES = ("ingest", "queue", "consensus", "quality", "dataset_store")
PAGE = "https://labels.example.org"
NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


def app_of(service: str, tokens: testing.Tokens, *origins: str) -> Any:
    package = f"{service}_service"
    kind = importlib.import_module(f"{package}.settings").Settings
    settings = testing.settings(kind, tokens, NOWHERE, allowed_origins=origins)
    return importlib.import_module(f"{package}.app").create_app(settings)


async def preflight(app: Any, path: str, method: str, origin: str) -> httpx.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": "authorization,content-type,idempotency-key",
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        return await http.options(path, headers=headers)


def routes(app: Any) -> list[tuple[str, str]]:
    found = [one for one in app.routes if isinstance(one, APIRoute)]
    return [(re.sub(r"\{[^}]*\}", "x", r.path), method) for r in found for method in r.methods]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_preflight_of_an_allowed_page_needs_no_token(
    service: str, tokens: testing.Tokens
) -> None:
    app = app_of(service, tokens, PAGE)

    for path, method in routes(app):
        answer = await preflight(app, path, method, PAGE)
        assert answer.status_code == 200, path
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert method in answer.headers["access-control-allow-methods"]
        assert "authorization" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_preflight_of_another_page_allows_nothing_and_by_default_none_does(
    service: str, tokens: testing.Tokens
) -> None:
    for app in (app_of(service, tokens, PAGE), app_of(service, tokens)):
        path, method = routes(app)[0]
        answer = await preflight(app, path, method, "https://evil.example")
        assert answer.is_client_error
        assert "access-control-allow-origin" not in answer.headers
