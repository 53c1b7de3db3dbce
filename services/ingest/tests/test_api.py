"""The HTTP door of ingest: who may enter, and what is refused with its place."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis import testing

FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
SPEC = {"task_type": "mood", "fields": FIELDS}


class Door:
    """Requests as somebody with roles."""

    def __init__(self, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self.http, self.tokens = http, tokens

    async def __call__(
        self, method: str, path: str, *roles: str, claims: Any = None, **request: Any
    ) -> httpx.Response:
        who = self.tokens.bearer("ada", *(roles or ("admin",)), **(claims or {}))
        headers = {**who, **request.pop("headers", {})}
        return await self.http.request(method, f"/v1{path}", headers=headers, **request)


@pytest.fixture
async def door(http: httpx.AsyncClient, tokens: testing.Tokens) -> Door:
    one = Door(http, tokens)
    await one("POST", "/projects", json={"name": "p", "title": "P"})
    return one


async def test_a_project_is_made_once(door: Door) -> None:
    same = await door("POST", "/projects", json={"name": "p", "title": "P"})
    other = await door("POST", "/projects", json={"name": "p", "title": "Q"})
    new = await door("POST", "/projects", json={"name": "q", "title": "Q"})
    view = await door("GET", "/projects/q", "sre")

    assert (same.status_code, other.status_code, new.status_code) == (200, 409, 201)
    assert other.json()["type"] == "urn:problem:project-exists"
    assert view.json() == {
        **new.json(),
        "spec_version": None,
        "spec_hash": None,
        "items": 0,
        "tasks": {"open": 0, "decided": 0, "withdrawn": 0},
        "gold": None,
        "rolling_out": 0,
    }


async def test_a_caller_sees_only_own_projects(door: Door) -> None:
    await door("POST", "/projects", json={"name": "q", "title": "Q"})
    mine = {"projects": ["q"]}

    listed = await door("GET", "/projects", "annotator", claims=mine)
    everything = await door("GET", "/projects", "annotator")
    foreign = await door("GET", "/projects/p", "annotator", claims=mine)

    assert [one["name"] for one in listed.json()["projects"]] == ["q"]
    assert [one["name"] for one in everything.json()["projects"]] == ["p", "q"]
    assert foreign.status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("POST", "/projects", "pipeline"),
        ("POST", "/projects/p/specs", "annotator"),
        ("POST", "/projects/p/items", "annotator"),
        ("POST", "/projects/p/gold", "reviewer"),
        ("POST", "/projects/p/signals", "trainer"),
    ],
)
async def test_a_role_is_needed_to_write(door: Door, method: str, path: str, role: str) -> None:
    answer = await door(method, path, role, json={"name": "x", "title": "X"})
    nobody = await door.http.request(method, f"/v1{path}", json=[])

    assert (answer.status_code, nobody.status_code) == (403, 401)


async def test_a_spec_is_read_as_it_was_published(door: Door) -> None:
    published = await door("POST", "/projects/p/specs", "spec_owner", json=SPEC)
    listed = await door("GET", "/projects/p/specs", "annotator")
    read = await door("GET", "/projects/p/specs/1", "annotator")
    absent = await door("GET", "/projects/p/specs/2", "annotator")

    assert published.json() == {"version": 1, "hash": read.json()["hash"]}
    assert [one["version"] for one in listed.json()["specs"]] == [1]
    assert read.json()["document"]["policy"]["redundancy"] == 3
    assert "immutable" in read.headers["cache-control"]
    assert absent.status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"fields": []}, "/fields"),
        ({"fields": [{"name": "a", "kind": "odd"}]}, "/fields/0/kind"),
        ({"policy": {"redundancy": 0}}, "/policy/redundancy"),
        ({"policy": {"redundancy": 2**63}}, "/policy/redundancy"),
        ({"policy": {"redundancy": 6}}, "/policy/redundancy_max"),
        ({"policy": {"decide_fields": {"a/b": {}}}}, "/policy/decide_fields/a~1b"),
        ({"relabel": "some"}, "/relabel"),
        ({"resolves": ["x"]}, "/resolves/0"),
        ({"guidelines": [{"id": "R1", "text": "a\x00"}]}, "/guidelines/0/text"),
        ({"hue": 1}, "/hue"),
        ({"task_type": None}, "/task_type"),
        ({"guidelines": [{"id": f"R{n}", "text": "x" * 9000} for n in range(200)]}, ""),
    ],
)
async def test_a_bad_spec_is_refused_with_its_place(
    door: Door, change: dict[str, Any], pointer: str
) -> None:
    answer = await door("POST", "/projects/p/specs", json={**SPEC, **change})

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


LINES = {"content-type": "application/x-ndjson"}


async def test_a_bad_line_in_a_stream_is_rejected_and_the_rest_is_taken(door: Door) -> None:
    lines = [
        b'{"external_id": "x0", "payload": {}}',
        b'{"external_id": "x1", "payload": ',
        b"",
        b'{"external_id": "x3", "payload": {"n": 9223372036854775808}}',
        b'{"external_id": "x4", "payload": {"n": NaN}}',
        b'{"external_id": "x5", "payload": {"t": "\\u0000"}}',
        b'{"external_id": "x6", "payload": {"t": "\\ud800"}}',
        b'{"external_id": "x7", "payload": {"t": "\xff"}}',
        b"[" * 5000,
        b'{"external_id": "x9", "payload": {}}\r',
    ]

    answer = await door("POST", "/projects/p/items", content=b"\n".join(lines), headers=LINES)

    verdict = answer.json()
    assert answer.status_code == 200
    assert verdict["created"] == 2
    assert [one["index"] for one in verdict["rejected"]] == [1, 3, 4, 5, 6, 7, 8]
    assert [one["problem"]["pointer"] for one in verdict["rejected"]][1:4:2] == [
        "/payload/n",
        "/payload/t",
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[", 400),
        (b"", 400),
        (b'[{"payload": {"n": NaN}}]', 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'"\\u0000"', 422),
        (b"null", 422),
        (b"[" * 5000, 400),
    ],
)
@pytest.mark.parametrize("path", ["items", "gold", "signals"])
async def test_a_body_that_is_no_batch_is_refused(
    door: Door, path: str, body: bytes, status: int
) -> None:
    await door("POST", "/projects/p/specs", json=SPEC)
    headers = {"content-type": "application/json"}

    answer = await door("POST", f"/projects/p/{path}", content=body, headers=headers)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_item_of_an_array_that_can_not_be_kept_is_rejected_alone(door: Door) -> None:
    body = b'[{"payload": {}}, {"payload": {"a": [0, 9223372036854775808]}}, {"payload": {"b": 1}}]'

    answer = await door("POST", "/projects/p/items", content=body)

    assert answer.json()["created"] == 2
    [rejected] = answer.json()["rejected"]
    assert (rejected["index"], rejected["problem"]["pointer"]) == (1, "/payload/a/1")


REPEATED = [
    b'{"external_id": "1", "payload": {"text": "first", "text": "second"}}',
    b'{"external_id": "2", "payload": {"text": "whole"}}',
    b'{"external_id": "3", "payload": {"text": "first"}, "payload": {"text": "second"}}',
]


@pytest.mark.parametrize("is_lines", [True, False])
@pytest.mark.parametrize("path", ["items", "gold", "signals"])
async def test_a_repeated_key_is_rejected_with_its_place_and_the_rest_is_taken(
    door: Door, path: str, is_lines: bool
) -> None:
    await door("POST", "/projects/p/specs", json=SPEC)
    more = {
        "items": b"}",
        "gold": b', "label": {"mood": "good"}}',
        "signals": b', "kind": "low_confidence"}',
    }
    lines = [line[:-1] + more[path] for line in REPEATED]
    body = b"\n".join(lines) if is_lines else b"[" + b",".join(lines) + b"]"

    answer = await door(
        "POST", f"/projects/p/{path}", content=body, headers=LINES if is_lines else {}
    )

    verdict = answer.json()
    told = [(one["index"], one["problem"]["pointer"]) for one in verdict["rejected"]]
    assert (answer.status_code, verdict["created"]) == (200, 1)
    assert told == [(0, "/payload/text"), (2, "/payload")]
    assert {one["problem"]["keyword"] for one in verdict["rejected"]} == {"repeated_key"}


async def test_a_repeated_key_in_a_spec_or_a_project_is_refused(door: Door) -> None:
    spec = b'{"task_type": "a", "task_type": "b", "fields": []}'
    project = b'{"name": "q", "title": "A", "title": "B"}'
    json_type = {"content-type": "application/json"}
    answers = [
        await door("POST", "/projects/p/specs", content=spec, headers=json_type),
        await door("POST", "/projects", content=project, headers=json_type),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert [a.json()["errors"][0]["pointer"] for a in answers] == ["/task_type", "/title"]


async def test_an_empty_stream_is_refused(door: Door) -> None:
    answer = await door("POST", "/projects/p/items", content=b"\n \n", headers=LINES)

    assert answer.status_code == 422


async def test_an_item_that_carries_too_much_is_rejected(door: Door) -> None:
    heavy = {"payload": {}, "metadata": {"text": "x" * 300_000}}

    answer = await door("POST", "/projects/p/items", json=[heavy])

    assert answer.json()["rejected"][0]["problem"]["keyword"] == "size"


async def test_a_body_beyond_the_limit_is_refused(door: Door) -> None:
    answer = await door("POST", "/projects/p/items", content=b"[" + b" " * 20_000_001)

    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["items", "gold", "signals", "specs"])
async def test_an_unknown_project_is_not_found(door: Door, path: str) -> None:
    body = SPEC if path == "specs" else [{"payload": {}, "kind": "a", "label": {}}]

    answer = await door("POST", f"/projects/nowhere/{path}", json=body)

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:problem:unknown-project"


@pytest.mark.parametrize("name", ["P", "a%00b", "a%2Fb", "%F0%9F%98%80", "x" * 64])
async def test_an_odd_name_never_reaches_the_database(door: Door, name: str) -> None:
    answer = await door("GET", f"/projects/{name}")

    assert answer.status_code in (404, 422)


async def test_a_blob_is_for_those_who_reach_its_project(door: Door, app: FastAPI) -> None:
    payload = {"text": "x" * 300_000}
    await door("POST", "/projects/p/items", json=[{"external_id": "x", "payload": payload}])
    sha256 = next(app.state.blobs.folder.iterdir()).name

    mine = await door("GET", f"/blobs/{sha256}", "annotator")
    part = await door("GET", f"/blobs/{sha256}", "annotator", headers={"range": "bytes=0-8"})
    foreign = await door("GET", f"/blobs/{sha256}", "annotator", claims={"projects": ["q"]})
    absent = await door("GET", f"/blobs/{'0' * 64}")

    assert mine.json() == payload
    assert (part.status_code, part.text) == (206, '{"text":"')
    assert (foreign.status_code, absent.status_code) == (404, 404)


async def test_the_bodies_that_are_read_as_they_lie_stand_in_the_openapi_document(
    door: Door,
) -> None:
    document = (await door.http.get("/openapi.json")).json()

    body = document["paths"]["/v1/projects/{project}/items"]["post"]["requestBody"]
    assert set(body["content"]) == {"application/json", "application/x-ndjson"}
    line = body["content"]["application/x-ndjson"]["schema"]["$ref"].rsplit("/", 1)[1]
    assert "redundancy" in document["components"]["schemas"][line]["properties"]
