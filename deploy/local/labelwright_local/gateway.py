"""One origin in front of the five services: `/<service>/…` leads to that service.

The labeling page is at `/queue/`; the root leads there. Bodies are passed on in pieces in both
directions, so that event streams arrive at once and uploads are not held in memory. It encrypts
nothing: put a proxy with TLS in front of it, and name that one's address by `--public-url`.
"""

import json
import os
import random
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from labelwright_local.refusal import CannotStart

ADDRESSES = "LABELWRIGHT_GATEWAY_ADDRESSES"
"""The variable with the addresses of the replicas of each service, as JSON."""
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
CONNECT_SECONDS = 5.0
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
"""The headers of one connection, which are not passed on (RFC 9110, section 7.6.1)."""
LOCALHOST = "localhost"


@dataclass(frozen=True, slots=True)
class Listener:
    """The address on which the gateway listens, and the address that people use."""

    host: str
    port: int
    public_url: str

    def accepts(self) -> bool:
        """Return True if a server listens there."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        try:
            socket.create_connection((host, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def command(self) -> list[str]:
        """Return the command of the gateway. `-P`: do not import modules from the folder."""
        application = f"{__name__}:create_app"
        options = ["--host", self.host, "--port", str(self.port), "--no-access-log"]
        return [
            *(sys.executable, "-P", "-m", "uvicorn", "--factory", application, *options),
            *("--log-level", "warning", "--timeout-graceful-shutdown", "5"),
        ]


def listener(listen: str, public_url: str, *, insecure: bool) -> Listener | None:
    """Return the listener for the options; None without `listen`. Raises CannotStart."""
    if not listen:
        if public_url or insecure:
            raise CannotStart("--public-url and --insecure need --listen, such as 127.0.0.1:8080.")
        return None
    host, _, port = listen.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise CannotStart(f"--listen is '{listen}': write HOST:PORT, such as 127.0.0.1:8080.")
    public = (public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}").rstrip("/")
    parts = urlsplit(public)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise CannotStart(
            f"--public-url is '{public_url}': write an address such as https://labels.example.org."
        )
    is_private = is_loopback(host) and (parts.scheme == "https" or is_loopback(parts.hostname))
    if not is_private and not insecure:
        raise CannotStart(
            "Tokens would cross a network without encryption. Listen on 127.0.0.1, put a proxy with"
            " TLS in front, and name its https:// address by --public-url; or add --insecure if the"
            " network is your own."
        )
    return Listener(host, int(port), public)


def is_loopback(host: str) -> bool:
    """Return True if only this machine reaches `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == LOCALHOST


def create_app() -> Starlette:
    """Return the gateway for the addresses in the environment."""
    return application(json.loads(os.environ[ADDRESSES]))


def application(addresses: Mapping[str, Sequence[str]]) -> Starlette:
    """Return a gateway to the services at `addresses`, of each of which one replica is chosen."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False) as client:
            app.state.client = client
            yield

    async def to_page(_request: Request) -> Response:
        return RedirectResponse("queue/")

    async def forward(request: Request) -> Response:
        name = request.path_params["service"]
        if name not in addresses:
            return problem(404, "not-found", f"There is no service called {name} here.")
        path = request.scope["raw_path"].decode("ascii").removeprefix(f"/{name}")
        query = f"?{request.url.query}" if request.url.query else ""
        url = random.choice(addresses[name]) + path + query
        return await passed_on(request, url)

    routes = [
        Route("/", to_page),
        Route("/{service}/{path:path}", forward, methods=METHODS),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def passed_on(request: Request, url: str) -> Response:
    """Send a request to `url` and return the response, whose body is not read yet."""
    client: httpx.AsyncClient = request.app.state.client
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    sent = client.build_request(
        request.method,
        url,
        headers=[(key, value) for key, value in request.headers.raw if is_passed_on(key)],
        content=request.stream() if has_body else None,
    )
    try:
        response = await client.send(sent, stream=True)
    except httpx.TransportError as error:
        reason = str(error) or type(error).__name__
        return problem(502, "bad-gateway", f"The service does not answer: {reason}.")
    answer = StreamingResponse(_pieces(response), response.status_code)
    answer.raw_headers = [
        (key.lower(), value) for key, value in response.headers.raw if is_passed_on(key)
    ]
    return answer


async def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body as it arrives, still compressed; at the end close the connection."""
    try:
        async for piece in response.aiter_raw():
            yield piece
    finally:
        await response.aclose()


def is_passed_on(header: bytes) -> bool:
    """Return True for a header that concerns more than one connection."""
    return header.decode("latin-1").lower() not in HOP_BY_HOP


def problem(status: int, name: str, detail: str) -> Response:
    """Return a problem document (RFC 9457)."""
    title = name.replace("-", " ").capitalize()
    body = {"type": f"urn:problem:{name}", "title": title, "status": status, "detail": detail}
    headers = {"retry-after": "2"} if status == 502 else {}
    return JSONResponse(body, status, headers, media_type="application/problem+json")
