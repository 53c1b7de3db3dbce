"""A FastRoute responds like an ordinary route, and refuses what it does not support."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, ClassVar
from uuid import UUID

import httpx
import pytest
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    Header,
    Query,
    Request,
    Response,
)
from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import SettingsConfigDict

from chassis import service, testing
from chassis.db.database import RequestDatabase, RequestTransaction
from chassis.http.auth import AnyCaller, Caller, needs
from chassis.http.json_body import JsonRoute
from chassis.settings import ServiceSettings
from queue_service.fast_route import FastRoute, json_response

ONE = "6d1f1f2e-6f0b-4f0e-9f43-2b0a3a1c7d10"


class Settings(ServiceSettings):
    """Settings of the toy service."""

    model_config = SettingsConfigDict(env_prefix="TOY_", frozen=True)
    service: ClassVar[str] = "toy"


class Note(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    text: Annotated[str, Field(min_length=1, max_length=20)]
    places: list[Annotated[int, Field(ge=0)]] = []
    weight: float | None = None


class Kept(BaseModel):
    """The body of a response."""

    note_id: UUID
    text: str
    by: str
    path: str


Keeper = Annotated[Caller, Depends(needs("keeper"))]


class TooMuch(Exception):
    """Too many notes are stored."""


async def keep(
    note_id: UUID, body: Note, caller: Keeper, database: RequestDatabase, request: Request
) -> Response:
    """Store a note."""
    assert database is request.app.state.database
    if body.text == "too much":
        raise TooMuch("Come back later.")
    by, path = caller.pseudonym, request.url.path.rpartition("/")[0].replace("/fast", "/plain")
    return json_response({"note_id": note_id, "text": body.text, "by": by, "path": path}, 201)


def made() -> APIRouter:
    """Return a router with the same endpoint as a FastRoute and as an ordinary route."""
    router = APIRouter()
    for prefix, kind in (("/fast", FastRoute), ("/plain", JsonRoute)):
        one = APIRouter(route_class=kind, prefix=prefix)
        one.add_api_route(
            "/notes/{note_id}", keep, methods=["PUT"], status_code=201, response_model=Kept
        )
        router.routes.extend(one.routes)
    return router


@pytest.fixture
async def http(tokens: testing.Tokens) -> AsyncIterator[httpx.AsyncClient]:
    values = testing.settings(
        Settings, tokens, "postgresql+asyncpg://nobody@127.0.0.1:1/none", body_bytes_max=10_000
    )
    app = service.create(values, router=made(), refusals={TooMuch: 429})
    async with testing.serving(app) as client:
        yield client


async def both(
    http: httpx.AsyncClient, path: str, body: bytes, headers: dict[str, str], method: str = "PUT"
) -> list[httpx.Response]:
    values = {"content-type": "application/json", **headers}
    return [
        await http.request(method, f"/{kind}/notes/{path}", content=body, headers=values)
        for kind in ("fast", "plain")
    ]


def essence(answer: httpx.Response) -> Any:
    """Return a response as a caller sees it, without the path and the trace."""
    names = ("content-type", "allow", "www-authenticate", "retry-after")
    body = answer.json() if answer.content else None
    if isinstance(body, dict):
        body.pop("instance", None)
        body.pop("trace_id", None)
    return answer.status_code, {name: answer.headers.get(name) for name in names}, body


async def test_what_is_right_is_answered_alike(
    http: httpx.AsyncClient, tokens: testing.Tokens
) -> None:
    who = tokens.bearer("kim", "keeper")
    body = b'{"text": "\xc3\xa4 \\ud83d\\ude00", "places": [1, 2], "weight": 2}'

    fast, plain = await both(http, ONE, body, who)

    assert essence(fast) == essence(plain)
    assert fast.status_code == 201
    assert fast.json() == {
        "note_id": ONE,
        "text": "ä 😀",
        "by": tokens.pseudonym("kim"),
        "path": "/plain/notes",
    }


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{", 400, None),
        (b"nonsense", 400, None),
        (b'{"text": NaN}', 400, None),
        (b'{"text": "a", "weight": Infinity}', 400, None),
        (b'{"text": "\\ud800"}', 400, None),
        (b"[" * 3000, 400, None),
        (b"", 422, ""),
        (b"null", 422, ""),
        (b"[]", 422, ""),
        (b'"text"', 422, ""),
        (b"{}", 422, "/text"),
        (b'{"text": 1}', 422, "/text"),
        (b'{"text": ""}', 422, "/text"),
        (b'{"text": null}', 422, "/text"),
        (b'{"text": "a", "places": "1"}', 422, "/places"),
        (b'{"text": "a", "places": [1, "2", -3]}', 422, "/places/1"),
        (b'{"text": "a", "places": [1.5]}', 422, "/places/0"),
        (b'{"text": "a", "more": 1}', 422, "/more"),
        (b'{"text": "a\\u0000b"}', 422, "/text"),
        (b'{"text": "a", "places": [9007199254740993]}', 422, "/places/0"),
        (b'{"text": "a", "weight": 1e999}', 422, "/weight"),
        (b'{"text": "too much"}', 429, None),
        (b'{"text": "' + b"x" * 20_000 + b'"}', 413, None),
    ],
)
async def test_what_is_wrong_with_a_body_is_told_alike(
    http: httpx.AsyncClient,
    tokens: testing.Tokens,
    body: bytes,
    status: int,
    pointer: str | None,
) -> None:
    fast, plain = await both(http, ONE, body, tokens.bearer("kim", "keeper"))

    assert essence(fast) == essence(plain)
    assert fast.status_code == status
    assert fast.headers["content-type"] == "application/problem+json"
    assert fast.json()["instance"] == f"/fast/notes/{ONE}"
    if pointer is not None:
        assert fast.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("path", ["1", ONE[:-1], f"{ONE}0", "none", "%00"])
async def test_what_is_wrong_with_the_path_is_told_alike(
    http: httpx.AsyncClient, tokens: testing.Tokens, path: str
) -> None:
    fast, plain = await both(http, path, b'{"text": "a"}', tokens.bearer("kim", "keeper"))

    assert essence(fast) == essence(plain)
    assert fast.status_code == 422
    assert fast.json()["errors"][0]["pointer"] == "/path/note_id"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_another_method_is_refused_alike(
    http: httpx.AsyncClient, tokens: testing.Tokens, method: str
) -> None:
    fast, plain = await both(http, ONE, b"", tokens.bearer("kim", "keeper"), method)

    assert essence(fast) == essence(plain)
    assert (fast.status_code, fast.headers["allow"]) == (405, "PUT")


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(None, 401), ("Bearer nonsense", 401), ("Basic YTpi", 401), ("expired", 401), ("reader", 403)],
)
async def test_whoever_may_not_is_refused_alike(
    http: httpx.AsyncClient, tokens: testing.Tokens, authorization: str | None, status: int
) -> None:
    tokens_of = {
        "expired": tokens.bearer("kim", "keeper", exp=1)["authorization"],
        "reader": tokens.bearer("kim", "reader")["authorization"],
    }
    values = tokens_of.get(authorization or "", authorization)
    headers = {} if values is None else {"authorization": values}

    fast, plain = await both(http, ONE, b'{"text": "a"}', headers)

    assert essence(fast) == essence(plain)
    assert fast.status_code == status


async def test_many_calls_at_once_do_not_mix(
    http: httpx.AsyncClient, tokens: testing.Tokens
) -> None:
    async def call(n: int) -> bool:
        who = tokens.bearer(f"kim {n}", "keeper")
        [fast, _] = await both(http, ONE, f'{{"text": "{n}"}}'.encode(), who)
        values: bool = fast.json()["text"] == str(n)
        return values and fast.json()["by"] == tokens.pseudonym(f"kim {n}")

    assert all(await asyncio.gather(*(call(n) for n in range(50))))


async def test_the_document_describes_a_fast_route_as_any(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()

    fast, plain = (
        document["paths"][f"/{one}/notes/{{note_id}}"]["put"] for one in ("fast", "plain")
    )
    for one in (fast, plain):
        del one["operationId"], one["tags"]  # Both are made from the path.
    assert fast == plain
    assert fast["parameters"][0]["name"] == "note_id"
    assert fast["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Note")
    assert fast["responses"]["201"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/Kept"
    )


# --- unsupported parameters


async def with_query(q: str) -> Response:
    return json_response(q)


async def with_default(q: Annotated[int, Query()] = 1) -> Response:
    return json_response(q)


async def with_header(x: Annotated[str, Header()]) -> Response:
    return json_response(x)


async def with_cookie(x: Annotated[str, Cookie()]) -> Response:
    return json_response(x)


async def with_response(response: Response) -> Response:
    return response


async def with_tasks(tasks: BackgroundTasks) -> Response:
    return json_response(len(tasks.tasks))


async def with_two_bodies(x: Note, y: Note) -> Response:
    return json_response([x.text, y.text])


async def with_a_body_in_a_body(x: Annotated[Note, Body(embed=True)]) -> Response:
    return json_response(x.text)


async def with_no_need_of_a_body(x: Note | None = None) -> Response:
    return json_response(x is None)


async def with_a_transaction(transaction: RequestTransaction) -> Response:
    return json_response(str(transaction))


def not_a_coroutine(body: Note) -> Response:
    return json_response(body.text)


def plain_dependency() -> int:
    return 1


async def with_a_plain_dependency(x: Annotated[int, Depends(plain_dependency)]) -> Response:
    return json_response(x)


async def hungry(q: str) -> str:
    return q


async def with_a_hungry_dependency(x: Annotated[str, Depends(hungry)]) -> Response:
    return json_response(x)


async def bodily(body: Note) -> Note:
    return body


async def with_a_bodily_dependency(x: Annotated[Note, Depends(bodily)]) -> Response:
    return json_response(x.text)


async def on_the_way(note_id: UUID) -> UUID:
    return note_id


async def with_a_dependency_on_the_path(x: Annotated[UUID, Depends(on_the_way)]) -> Response:
    return json_response(x)


UNKNOWN = [
    with_query,
    with_default,
    with_header,
    with_cookie,
    with_response,
    with_tasks,
    with_two_bodies,
    with_a_body_in_a_body,
    with_no_need_of_a_body,
    with_a_transaction,
    not_a_coroutine,
    with_a_plain_dependency,
    with_a_hungry_dependency,
    with_a_bodily_dependency,
    with_a_dependency_on_the_path,
]


@pytest.mark.parametrize("endpoint", UNKNOWN, ids=lambda one: one.__name__)
def test_what_a_fast_route_does_not_know_stops_the_service_at_its_start(endpoint: Any) -> None:
    router = APIRouter(route_class=FastRoute)

    with pytest.raises(TypeError, match="FastRoute does not support"):
        router.add_api_route("/{note_id}", endpoint, methods=["PUT"])


async def alone() -> Response:
    return json_response({})


async def with_a_caller(caller: AnyCaller) -> Response:
    return json_response(caller.pseudonym)


async def with_a_body(body: Note) -> Response:
    return json_response(body.text)


@pytest.mark.parametrize("endpoint", [alone, with_a_caller, with_a_body, keep])
def test_what_it_knows_it_takes(endpoint: Any) -> None:
    router = APIRouter(route_class=FastRoute)

    router.add_api_route("/{note_id}", endpoint, methods=["PUT"])

    assert len(router.routes) == 1
