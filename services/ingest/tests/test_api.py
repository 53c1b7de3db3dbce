"""The HTTP API of ingest: roles, and problems with their pointers."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis import testing

FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
SPEC = {"task_type": "mood", "fields": FIELDS}


class ApiClient:
    """Sends requests with a token for the given roles."""

    def __init__(self, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self.http, self.tokens = http, tokens

    async def __call__(
        self, method: str, path: str, *roles: str, claims: Any = None, **request: Any
    ) -> httpx.Response:
        who = self.tokens.bearer("ada", *(roles or ("admin",)), **(claims or {}))
        headers = {**who, **request.pop("headers", {})}
        return await self.http.request(method, f"/v1{path}", headers=headers, **request)


@pytest.fixture
async def api(http: httpx.AsyncClient, tokens: testing.Tokens) -> ApiClient:
    entry = ApiClient(http, tokens)
    await entry("POST", "/projects", json={"name": "p", "title": "P"})
    return entry


async def test_a_project_is_created_once(api: ApiClient) -> None:
    same = await api("POST", "/projects", json={"name": "p", "title": "P"})
    other = await api("POST", "/projects", json={"name": "p", "title": "Q"})
    new = await api("POST", "/projects", json={"name": "q", "title": "Q"})
    view = await api("GET", "/projects/q", "sre")

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


async def test_a_caller_sees_only_own_projects(api: ApiClient) -> None:
    await api("POST", "/projects", json={"name": "q", "title": "Q"})
    mine = {"projects": ["q"]}

    listed = await api("GET", "/projects", "annotator", claims=mine)
    everything = await api("GET", "/projects", "annotator")
    foreign = await api("GET", "/projects/p", "annotator", claims=mine)

    assert [entry["name"] for entry in listed.json()["projects"]] == ["q"]
    assert [entry["name"] for entry in everything.json()["projects"]] == ["p", "q"]
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
async def test_a_role_is_needed_to_write(api: ApiClient, method: str, path: str, role: str) -> None:
    answer = await api(method, path, role, json={"name": "x", "title": "X"})
    without_token = await api.http.request(method, f"/v1{path}", json=[])

    assert (answer.status_code, without_token.status_code) == (403, 401)


async def test_a_spec_is_read_as_it_was_published(api: ApiClient) -> None:
    published = await api("POST", "/projects/p/specs", "spec_owner", json=SPEC)
    listed = await api("GET", "/projects/p/specs", "annotator")
    spec = await api("GET", "/projects/p/specs/1", "annotator")
    absent = await api("GET", "/projects/p/specs/2", "annotator")

    assert published.json() == {"version": 1, "hash": spec.json()["hash"]}
    assert [entry["version"] for entry in listed.json()["specs"]] == [1]
    assert spec.json()["document"]["policy"]["redundancy"] == 3
    assert "immutable" in spec.headers["cache-control"]
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
    api: ApiClient, change: dict[str, Any], pointer: str
) -> None:
    answer = await api("POST", "/projects/p/specs", json={**SPEC, **change})

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


LINES = {"content-type": "application/x-ndjson"}


async def test_a_bad_line_in_a_stream_is_rejected_and_the_rest_is_taken(api: ApiClient) -> None:
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

    answer = await api("POST", "/projects/p/items", content=b"\n".join(lines), headers=LINES)

    verdict = answer.json()
    assert answer.status_code == 200
    assert verdict["created"] == 2
    assert [entry["index"] for entry in verdict["rejected"]] == [1, 3, 4, 5, 6, 7, 8]
    assert [entry["problem"]["pointer"] for entry in verdict["rejected"]][1:4:2] == [
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
    api: ApiClient, path: str, body: bytes, status: int
) -> None:
    await api("POST", "/projects/p/specs", json=SPEC)
    headers = {"content-type": "application/json"}

    answer = await api("POST", f"/projects/p/{path}", content=body, headers=headers)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_item_of_an_array_that_cannot_be_stored_is_rejected_alone(api: ApiClient) -> None:
    body = b'[{"payload": {}}, {"payload": {"a": [0, 9223372036854775808]}}, {"payload": {"b": 1}}]'

    answer = await api("POST", "/projects/p/items", content=body)

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
    api: ApiClient, path: str, is_lines: bool
) -> None:
    await api("POST", "/projects/p/specs", json=SPEC)
    more = {
        "items": b"}",
        "gold": b', "label": {"mood": "good"}}',
        "signals": b', "kind": "low_confidence"}',
    }
    lines = [line[:-1] + more[path] for line in REPEATED]
    body = b"\n".join(lines) if is_lines else b"[" + b",".join(lines) + b"]"

    answer = await api(
        "POST", f"/projects/p/{path}", content=body, headers=LINES if is_lines else {}
    )

    verdict = answer.json()
    places = [(entry["index"], entry["problem"]["pointer"]) for entry in verdict["rejected"]]
    assert (answer.status_code, verdict["created"]) == (200, 1)
    assert places == [(0, "/payload/text"), (2, "/payload")]
    assert {entry["problem"]["keyword"] for entry in verdict["rejected"]} == {"repeated_key"}


async def test_a_repeated_key_in_a_spec_or_a_project_is_refused(api: ApiClient) -> None:
    spec = b'{"task_type": "a", "task_type": "b", "fields": []}'
    project = b'{"name": "q", "title": "A", "title": "B"}'
    json_type = {"content-type": "application/json"}
    answers = [
        await api("POST", "/projects/p/specs", content=spec, headers=json_type),
        await api("POST", "/projects", content=project, headers=json_type),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert [a.json()["errors"][0]["pointer"] for a in answers] == ["/task_type", "/title"]


async def test_an_empty_stream_is_refused(api: ApiClient) -> None:
    answer = await api("POST", "/projects/p/items", content=b"\n \n", headers=LINES)

    assert answer.status_code == 422


async def test_an_item_with_too_large_fields_is_rejected(api: ApiClient) -> None:
    heavy = {"payload": {}, "metadata": {"text": "x" * 300_000}}

    answer = await api("POST", "/projects/p/items", json=[heavy])

    assert answer.json()["rejected"][0]["problem"]["keyword"] == "size"


async def test_a_body_beyond_the_limit_is_refused(api: ApiClient) -> None:
    answer = await api("POST", "/projects/p/items", content=b"[" + b" " * 20_000_001)

    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["items", "gold", "signals", "specs"])
async def test_an_unknown_project_is_not_found(api: ApiClient, path: str) -> None:
    body = SPEC if path == "specs" else [{"payload": {}, "kind": "a", "label": {}}]

    answer = await api("POST", f"/projects/nowhere/{path}", json=body)

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:problem:unknown-project"


@pytest.mark.parametrize("name", ["P", "a%00b", "a%2Fb", "%F0%9F%98%80", "x" * 64])
async def test_an_odd_name_never_reaches_the_database(api: ApiClient, name: str) -> None:
    answer = await api("GET", f"/projects/{name}")

    assert answer.status_code in (404, 422)


async def test_a_blob_is_served_only_to_callers_of_its_project(
    api: ApiClient, app: FastAPI
) -> None:
    payload = {"text": "x" * 300_000}
    await api("POST", "/projects/p/items", json=[{"external_id": "x", "payload": payload}])
    sha256 = next(app.state.blobs.folder.iterdir()).name

    mine = await api("GET", f"/blobs/{sha256}", "annotator")
    part = await api("GET", f"/blobs/{sha256}", "annotator", headers={"range": "bytes=0-8"})
    foreign = await api("GET", f"/blobs/{sha256}", "annotator", claims={"projects": ["q"]})
    absent = await api("GET", f"/blobs/{'0' * 64}")

    assert mine.json() == payload
    assert (part.status_code, part.text) == (206, '{"text":"')
    assert (foreign.status_code, absent.status_code) == (404, 404)


async def test_the_openapi_document_has_the_bodies_that_the_service_parses_itself(
    api: ApiClient,
) -> None:
    document = (await api.http.get("/openapi.json")).json()

    body = document["paths"]["/v1/projects/{project}/items"]["post"]["requestBody"]
    assert set(body["content"]) == {"application/json", "application/x-ndjson"}
    line = body["content"]["application/x-ndjson"]["schema"]["$ref"].rsplit("/", 1)[1]
    assert "redundancy" in document["components"]["schemas"][line]["properties"]
