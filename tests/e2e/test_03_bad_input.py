"""Every invalid input is answered by a 4xx that names the field; never by a 5xx."""

import json
from typing import Any

import pytest

System = Any
ITEM = {"external_id": "a", "payload": {"text": "t"}}
SPEC = {"task_type": "t", "fields": [{"name": "a", "kind": "choice", "options": ["x", "y"]}]}


@pytest.fixture(scope="module", autouse=True)
def _project(system: System) -> None:
    system.project("odd", 2, redundancy=1)


BODIES: list[Any] = [
    b"", b"{", b"[", b"null", b"[]", b"{}", b'"x"', b"NaN", b"\xff\xfe", b'{"a":"\\ud800"}',
    b'{"a":"\\u0000"}', b'{"a":9223372036854775808}', b'{"a":NaN}', b'{"a":1e999}', b"[1,2,3]",
    b"[" * 2000, b'[{"payload":9223372036854775808}]', b'[{"payload":{"a":"\\u0000"}}]',
]  # fmt: skip
PATHS = [
    ("ingest", "POST", "/v1/projects"),
    ("ingest", "POST", "/v1/projects/odd/specs"),
    ("ingest", "POST", "/v1/projects/odd/items"),
    ("ingest", "POST", "/v1/projects/odd/gold"),
    ("ingest", "POST", "/v1/projects/odd/signals"),
    ("queue", "POST", "/v1/leases"),
    ("queue", "PUT", "/v1/leases/00000000-0000-0000-0000-000000000001/annotation"),
    ("queue", "PUT", "/v1/leases/00000000-0000-0000-0000-000000000001/adjudication"),
    ("queue", "PUT", "/v1/leases/00000000-0000-0000-0000-000000000001/draft"),
    ("queue", "POST", "/v1/leases/00000000-0000-0000-0000-000000000001/skip"),
    ("quality", "PUT", "/v1/annotators/" + "0" * 32),
    ("dataset-store", "POST", "/v1/datasets/odd/versions"),
]
ROLES = ("admin", "spec_owner", "pipeline", "trainer", "annotator", "adjudicator", "reviewer")


@pytest.mark.parametrize(("service", "method", "path"), PATHS)
@pytest.mark.parametrize("body", BODIES)
def test_an_odd_body_is_refused_or_taken_but_never_breaks(
    system: System, service: str, method: str, path: str, body: bytes
) -> None:
    headers = {"content-type": "application/json"}
    answer = system.call(service, method, path, roles=ROLES, content=body, headers=headers)

    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"fields": []}, "/fields"),
        ({"fields": [{"name": "a", "kind": "oddity"}]}, "/fields/0"),
        ({"fields": [{"name": "A!", "kind": "text"}]}, "/fields/0"),
        ({"policy": {"redundancy": 0}}, "/policy/redundancy"),
        ({"policy": {"redundancy": "3"}}, "/policy/redundancy"),
        ({"policy": {"unheard_of": 1}}, "/policy/unheard_of"),
        ({"guidelines": [{"id": "x", "text": "t"}]}, "/guidelines/0/id"),
    ],
)
def test_a_bad_spec_is_refused_at_its_place(
    system: System, change: dict[str, Any], pointer: str
) -> None:
    answer = system.call("ingest", "POST", "/v1/projects/odd/specs", json={**SPEC, **change})

    assert answer.status_code == 422, answer.text
    assert any(one["pointer"].startswith(pointer) for one in answer.json()["errors"])


@pytest.mark.parametrize(
    ("label", "pointer"),
    [
        ({"mood": "odd"}, "/label/mood"),
        ({}, "/label"),
        ({"mood": "good", "extra": 1}, "/label"),
        ({"mood": 1}, "/label/mood"),
        ({"mood": "good", "why": "x" * 101}, "/label/why"),
    ],
)
def test_a_bad_label_is_refused_at_its_place(
    system: System, wait: Any, label: dict[str, Any], pointer: str
) -> None:
    held = system.call("queue", "GET", "/v1/leases", name="odd", roles=("annotator",)).json()
    [lease] = held["leases"] or wait(lambda: system.lease("odd", "odd"))
    answer = system.call(
        "queue", "PUT", f"/v1/leases/{lease['lease_id']}/annotation", name="odd",
        roles=("annotator",), json={"label": label},
    )  # fmt: skip

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


def test_a_bad_line_in_a_stream_is_rejected_and_the_rest_is_taken(system: System) -> None:
    lines = [
        json.dumps({"external_id": "s1", "payload": {"n": 1}}).encode(),
        b"{ this is no JSON",
        b'{"external_id": "s2", "payload": {"n": "\\u0000"}}',
        b'{"external_id": "s3", "payload": {"n": 9223372036854775808}}',
        b'{"external_id": "s4"}',
        json.dumps({"external_id": "s5", "payload": {"n": 5}}).encode(),
    ]
    headers = {"content-type": "application/x-ndjson"}
    answer = system.call("ingest", "POST", "/v1/projects/odd/items", content=b"\n".join(lines),
                         headers=headers)  # fmt: skip

    verdict = answer.json()
    assert answer.status_code == 200, answer.text
    assert verdict["created"] == 2
    assert [one["index"] for one in verdict["rejected"]] == [1, 2, 3, 4]
    assert verdict["rejected"][1]["problem"]["pointer"] == "/payload/n"


def test_a_body_of_more_than_twenty_megabytes_is_refused(system: System) -> None:
    body = json.dumps([{"payload": {"text": "x" * 21_000_000}}]).encode()
    answer = system.call("ingest", "POST", "/v1/projects/odd/items", content=body,
                         headers={"content-type": "application/json"})  # fmt: skip

    assert answer.status_code == 413, answer.text


def test_what_does_not_exist_is_a_404(system: System) -> None:
    nothing = "00000000-0000-0000-0000-000000000001"
    for service, path in (
        ("ingest", "/v1/projects/nobody"),
        ("consensus", f"/v1/tasks/{nothing}"),
        ("consensus", "/v1/projects/nobody/agreement"),
        ("quality", f"/v1/spec-issues/{nothing}"),
        ("dataset-store", "/v1/versions/" + "0" * 64),
    ):
        answer = system.call(service, "GET", path)
        assert answer.status_code == 404, (service, path, answer.text)


def test_a_token_for_one_project_does_not_open_another(system: System) -> None:
    headers = system.bearer("limited", "admin", "spec_owner", projects=("elsewhere",))
    for service, path in (
        ("ingest", "/v1/projects/odd"),
        ("consensus", "/v1/projects/odd/conflicts"),
        ("quality", "/v1/projects/odd/spec-issues"),
        ("dataset-store", "/v1/projects/odd/labels/summary"),
    ):
        answer = system.http.get(system.url(service) + path, headers=headers)
        assert answer.status_code in (403, 404), (service, path, answer.text)
