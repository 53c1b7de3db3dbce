"""The gateway: one origin, streams that arrive at once, and no token over an open network."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from labelwright_local.gateway import application, listener
from labelwright_local.refusal import CannotStart


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[str]:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        task = asyncio.create_task(server.serve([own]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{own.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


class Service:
    """A service that says what it was asked, and streams what a test tells it to."""

    def __init__(self) -> None:
        self.next = asyncio.Event()
        self.has_ended = asyncio.Event()

    def app(self) -> Starlette:
        async def echo(request: Request) -> JSONResponse:
            body = await request.body()
            found = {
                "method": request.method,
                "path": request.scope["raw_path"].decode(),
                "query": request.url.query,
                "token": request.headers.get("authorization"),
                "size": len(body),
            }
            return JSONResponse(found, 201, {"etag": '"7"', "content-encoding": "identity"})

        async def events(_request: Request) -> StreamingResponse:
            async def pieces() -> AsyncIterator[str]:
                try:
                    yield "data: 1\n\n"
                    await self.next.wait()
                    yield "data: 2\n\n"
                    await asyncio.Event().wait()
                finally:
                    self.has_ended.set()

            return StreamingResponse(pieces(), media_type="text/event-stream")

        methods = ["GET", "PUT", "POST", "DELETE"]
        return Starlette(
            routes=[Route("/events", events), Route("/{path:path}", echo, methods=methods)]
        )


async def test_a_request_arrives_at_its_service_as_it_was_sent() -> None:
    async with (
        listening(Service().app()) as own,
        listening(application({"queue": [own]})) as origin,
        httpx.AsyncClient(base_url=origin) as http,
    ):
        answer = await http.put(
            "/queue/v1/a%2Fb?x=1&y=%20",
            content=b"z" * 3_000_000,
            headers={"authorization": "Bearer t"},
        )
        read = await http.get("/queue/v1/me")

    assert answer.status_code == 201
    assert answer.headers["etag"] == '"7"'
    assert answer.json() == {
        "method": "PUT", "path": "/v1/a%2Fb", "query": "x=1&y=%20", "token": "Bearer t",
        "size": 3_000_000,
    }  # fmt: skip
    assert (read.json()["path"], read.json()["size"]) == ("/v1/me", 0)


async def test_events_arrive_one_by_one_and_a_page_that_leaves_ends_the_stream() -> None:
    service = Service()
    async with (
        listening(service.app()) as own,
        listening(application({"queue": [own]})) as origin,
        httpx.AsyncClient(base_url=origin, timeout=20) as http,
    ):
        async with http.stream("GET", "/queue/events") as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == "data: 1"
            service.next.set()
            assert [await anext(lines), await anext(lines)] == ["", "data: 2"]
        async with asyncio.timeout(20):
            await service.has_ended.wait()


async def test_the_root_leads_to_the_page_and_what_is_away_is_a_problem() -> None:
    async with (
        listening(application({"queue": ["http://127.0.0.1:1"]})) as origin,
        httpx.AsyncClient(base_url=origin) as http,
    ):
        root = await http.get("/")
        away, unknown = await http.get("/queue/"), await http.get("/other/")

    assert (root.status_code, root.headers["location"]) == (307, "queue/")
    assert (away.status_code, away.json()["type"]) == (502, "urn:problem:bad-gateway")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:problem:not-found")


@pytest.mark.parametrize(
    ("listen", "public_url"),
    [
        ("0.0.0.0:8080", ""),
        ("0.0.0.0:8080", "https://labels.example.org"),
        ("127.0.0.1:8080", "http://labels.example.org"),
        ("[::]:8080", "http://localhost:8080"),
    ],
)
def test_beyond_this_machine_nothing_is_sent_in_the_open_unless_one_says_so(
    listen: str, public_url: str
) -> None:
    with pytest.raises(CannotStart, match="without encryption"):
        listener(listen, public_url, insecure=False)
    assert listener(listen, public_url, insecure=True) is not None


@pytest.mark.parametrize(
    ("listen", "public_url", "expected"),
    [
        ("127.0.0.1:8080", "", "http://127.0.0.1:8080"),
        ("[::1]:8080", "", "http://[::1]:8080"),
        (":8080", "https://labels.example.org/", "https://labels.example.org"),
    ],
)
def test_on_this_machine_and_behind_tls_no_option_is_needed(
    listen: str, public_url: str, expected: str
) -> None:
    found: Any = listener(listen, public_url, insecure=False)

    assert found.public_url == expected


@pytest.mark.parametrize(
    ("listen", "public_url"), [("8080x", ""), ("a:0", ""), ("a:1", "ftp://x"), ("", "https://x.y")]
)
def test_an_address_that_is_none_is_refused(listen: str, public_url: str) -> None:
    with pytest.raises(CannotStart):
        listener(listen, public_url, insecure=False)


def test_without_the_option_there_is_no_gateway() -> None:
    assert listener("", "", insecure=False) is None
