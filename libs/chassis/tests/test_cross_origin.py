"""Cross-origin requests: pages of the configured origins may read every response."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from pydantic import ValidationError

from chassis import service, testing

PAGE = "https://labels.example.org"
NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


async def fail() -> None:
    raise RuntimeError("a bug")


async def take(body: dict[str, Any]) -> dict[str, Any]:
    return body


@pytest.fixture
async def http(tokens: testing.Tokens, login_settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()
    router.add_api_route("/fails", fail)
    router.add_api_route("/takes", take, methods=["POST"])
    values = {"allowed_origins": [PAGE], "body_bytes_max": 1_000}
    app = service.create(
        testing.settings(login_settings, tokens, NOWHERE, **values), router=router, refusals={}
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/fails", b"", 500),
        ("GET", "/nowhere", b"", 404),
        ("DELETE", "/takes", b"", 405),
        ("POST", "/takes", b"{", 422),
        ("POST", "/takes", b" " * 2_000, 413),
    ],
)
async def test_a_page_may_read_every_refusal_and_others_may_not(
    http: httpx.AsyncClient, method: str, path: str, body: bytes, status: int
) -> None:
    answers = [
        await http.request(method, path, content=body, headers={"origin": origin})
        for origin in (PAGE, "https://labels.example.org.evil.example", "null")
    ]

    assert {one.status_code for one in answers} == {status}
    assert [one.headers.get("access-control-allow-origin") for one in answers] == [PAGE, None, None]
    assert {one.headers["content-type"] for one in answers} == {"application/problem+json"}
    assert "traceparent" in answers[0].headers["access-control-expose-headers"]
    assert all("Origin" in one.headers["vary"] for one in answers)
    assert "access-control-allow-credentials" not in answers[0].headers


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("*", "is not an origin"),
        ("null", "is not an origin"),
        ("labels.example.org", "is not an origin"),
        ("https://*.example.org", "is not an origin"),
        ("file:///page", "is not an origin"),
        ("https://labels.example.org/", "write 'https://labels.example.org'"),
        ("https://labels.example.org/page", "write 'https://labels.example.org'"),
        ("https://labels.example.org:443", "write 'https://labels.example.org'"),
        ("http://labels.example.org:80", "write 'http://labels.example.org'"),
        ("HTTPS://Labels.example.org", "write 'https://labels.example.org'"),
        ("https://ada@labels.example.org", "write 'https://labels.example.org'"),
        ("https://bücher.example", "punycode"),
        ("https://labels.example.org:99999", "out of range"),
    ],
)
def test_an_origin_that_no_browser_sends_is_refused_at_start(
    tokens: testing.Tokens, login_settings: Any, wrong: str, why: str
) -> None:
    with pytest.raises(ValidationError, match=r"allowed_origins\.0") as refused:
        testing.settings(login_settings, tokens, NOWHERE, allowed_origins=[wrong])

    assert why in str(refused.value)


@pytest.mark.parametrize(
    "right", ["https://a.example", "http://127.0.0.1:8080", "http://[::1]:1", "https://a:444"]
)
def test_an_origin_as_browsers_send_it_is_accepted(
    tokens: testing.Tokens, login_settings: Any, right: str
) -> None:
    values = testing.settings(login_settings, tokens, NOWHERE, allowed_origins=[right])

    assert values.allowed_origins == [right]
