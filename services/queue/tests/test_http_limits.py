"""Requests without a token do not make a real server large, slow or unavailable."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from chassis import testing

MB = 1_000_000
HEAD_SECONDS = 0.5
WHOLE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"

# The server as in production, but on a free port, which it prints.
SERVER = """
import asyncio, socket, uvicorn
from typing import Annotated, Any, ClassVar
from fastapi import APIRouter, Depends, Response
from pydantic_settings import SettingsConfigDict
from chassis import service
from chassis.http.auth import AnyCaller, Caller, needs
from queue_service.fast_route import FastRoute, json_response
from chassis.http.protocol import BoundedHttpProtocol
from chassis.http.json_body import JsonRoute
from chassis.settings import ServiceSettings

class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="LIMITED_", frozen=True)
    service: ClassVar[str] = "limited"

Keeper = Annotated[Caller, Depends(needs("keeper"))]

async def keep(body: dict[str, Any], caller: Keeper) -> Response:
    return json_response({"size": len(body)}, 201)

async def slow(caller: AnyCaller) -> Response:
    await asyncio.sleep(1.5)
    return json_response({})

router = APIRouter()
for path, kind in (("/fast", FastRoute), ("/plain", JsonRoute)):
    one = APIRouter(route_class=kind)
    one.add_api_route(path, keep, methods=["POST"])
    router.routes.extend(one.routes)
router.add_api_route("/slow", slow)

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
app = service.create(Settings(), router=router, refusals={})
config = uvicorn.Config(app, loop="uvloop", http=BoundedHttpProtocol, log_level="error")
uvicorn.Server(config).run(sockets=[listener])
"""


class Server:
    """The process of the server."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid, self.port = pid, port
        self.url = f"http://127.0.0.1:{port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def rss(self) -> int:
        """Return the resident memory in bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def server(tokens: testing.Tokens) -> Iterator[Server]:
    environment = {
        "LIMITED_DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        "LIMITED_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "LIMITED_JWKS_FILE": str(tokens.jwks),
        "LIMITED_PSEUDONYM_KEY": testing.PSEUDONYM_KEY,
        "LIMITED_HEAD_SECONDS": str(HEAD_SECONDS),
        "LIMITED_LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], env=environment, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    running = Server(process.pid, int(process.stdout.readline()))
    deadline = time.monotonic() + 60
    while not is_alive(running):
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)
    try:
        yield running
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def is_alive(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/health/live", timeout=1).status_code == 200
    except httpx.TransportError:
        return False


def send_all(client: socket.socket, data: bytes, times: int = 1) -> bool:
    """Return True if the server accepted all bytes; it may close the connection first."""
    try:
        for _ in range(times):
            client.sendall(data)
    except (ConnectionResetError, BrokenPipeError):
        return False
    return True


def answer(client: socket.socket) -> tuple[int, dict[str, str], Any]:
    """Return the status, the headers and the body until the server closes the connection."""
    received = b""
    try:
        while piece := client.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass  # The server closed the connection before everything was sent.
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split(" ")[1]), headers, orjson.loads(body)


# --- headers


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param((b"GET /health/live HTTP/1.1\r\nX-A: ", b"a"), id="one header"),
        pytest.param((b"GET /health/live HTTP/1.1\r\n", b"X-A: 1\r\n"), id="many headers"),
        pytest.param((b"GET /", b"a"), id="a request line"),
        pytest.param((b"", b"\r\n"), id="empty lines"),
        pytest.param(
            (b"POST /plain HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nX-A: ", b"a"),
            id="a trailer",
        ),
    ],
)
def test_a_head_without_end_costs_neither_memory_nor_time(
    server: Server, endless: tuple[bytes, bytes]
) -> None:
    begin, piece = endless
    cpu, rss = server.cpu_seconds(), server.rss()

    with server.connect() as client:
        send_all(client, begin)
        took_all = send_all(client, piece * (MB // len(piece)), times=60)

    assert not took_all
    assert server.cpu_seconds() - cpu < 0.3
    assert server.rss() - rss < 10 * MB
    assert is_alive(server)


@pytest.mark.parametrize("header", [b"X-A: " + b"a" * 40_000, b"\r\n".join([b"X-A: 1"] * 9_000)])
def test_a_head_beyond_the_limit_is_a_problem(server: Server, header: bytes) -> None:
    with server.connect() as client:
        client.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
        status, headers, body = answer(client)

    assert (status, body["type"]) == (431, "urn:problem:request-header-fields-too-large")
    assert headers["content-type"] == "application/problem+json"
    assert "32,768" in body["detail"]


def test_a_head_within_the_limit_is_taken(server: Server) -> None:
    assert httpx.get(f"{server.url}/health/live", headers={"x-a": "a" * 30_000}).status_code == 200


def test_what_is_no_http_is_a_problem(server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"how are you?\r\n\r\n")
        status, headers, body = answer(client)

    assert (status, body["type"]) == (400, "urn:problem:bad-request")
    assert headers["content-type"] == "application/problem+json"


# --- timeouts


@pytest.mark.parametrize(
    "begin",
    [[b""], [b"POST /pl"], [b"POST /plain HTTP/1.1\r\nX-A: "], [WHOLE, b"GET /hea"]],
    ids=["nothing", "half a line", "half a header", "half of a second request"],
)
def test_a_head_that_does_not_come_is_not_waited_for(server: Server, begin: list[bytes]) -> None:
    with server.connect() as client:
        for part in begin:
            client.sendall(part)
            if part == WHOLE:
                client.recv(65_536)
        started = time.monotonic()
        while client.recv(65_536):
            pass
        seconds = time.monotonic() - started

    assert HEAD_SECONDS * 0.8 < seconds < HEAD_SECONDS + 2


def test_a_head_that_comes_a_letter_at_a_time_is_not_waited_for(server: Server) -> None:
    started = time.monotonic()

    with server.connect() as client:
        while send_all(client, b"\r\n" if time.monotonic() - started < 0.2 else b"a"):
            assert time.monotonic() - started < 5
            time.sleep(0.02)


def test_a_request_that_came_in_time_may_take_longer(
    server: Server, tokens: testing.Tokens
) -> None:
    with httpx.Client(headers=tokens.bearer("ada", "keeper")) as http:
        answers = [http.get(f"{server.url}/slow").status_code for _ in range(2)]

    assert answers == [200, 200]


def test_a_body_may_come_later_than_its_head(server: Server, tokens: testing.Tokens) -> None:
    bearer = tokens.bearer("ada", "keeper")["authorization"]
    head = f"POST /plain HTTP/1.1\r\nhost: x\r\nauthorization: {bearer}\r\nconnection: close\r\n"
    head += "content-type: application/json\r\ncontent-length: 7\r\n\r\n"

    with server.connect() as client:
        client.sendall(head.encode())
        time.sleep(2 * HEAD_SECONDS)
        client.sendall(b'{"a":1}')
        status, _, body = answer(client)

    assert (status, body) == (201, {"size": 1})


# --- the token before the body


def upload(path: str, size: int, bearer: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    head += f"authorization: {bearer}\r\n" if bearer else ""
    return f"{head}content-length: {size}\r\n\r\n".encode()


@pytest.mark.parametrize("path", ["/fast", "/plain"])
def test_an_upload_without_a_token_is_answered_before_its_body(server: Server, path: str) -> None:
    with server.connect() as client:
        client.sendall(upload(path, 19_900_000))
        status, headers, body = answer(client)

    assert (status, body["type"]) == (401, "urn:problem:unauthenticated")
    assert headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/fast", "/plain"])
def test_an_upload_without_the_role_is_answered_before_its_body(
    server: Server, tokens: testing.Tokens, path: str
) -> None:
    bearer = tokens.bearer("ada", "reader")["authorization"]

    with server.connect() as client:
        client.sendall(upload(path, 19_900_000, bearer))
        status, _, body = answer(client)

    assert (status, body["type"]) == (403, "urn:problem:forbidden")


def test_an_upload_without_end_and_without_a_token_is_answered_too(server: Server) -> None:
    with server.connect() as client:
        head = b"POST /plain HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        client.sendall(head + b"5\r\nabcde\r\n")
        status, headers, _ = answer(client)

    assert (status, headers["connection"]) == (401, "close")


def test_memory_comes_back_after_thirty_uploads_without_a_token(server: Server) -> None:
    before = server.rss()

    for _ in range(30):
        with server.connect() as client:
            send_all(client, upload("/plain", 19_900_000))
            send_all(client, b"x" * 19_899_999)

    assert server.rss() < 1.2 * before


def test_a_small_request_without_a_token_keeps_its_connection(server: Server) -> None:
    with httpx.Client() as http:
        refused = http.post(f"{server.url}/plain", json={"a": 1})

    assert refused.status_code == 401
    assert "connection" not in refused.headers
