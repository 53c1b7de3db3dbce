"""Calls of both clients: requests, retries, parsed responses and exceptions.

The network is simulated here; tests/e2e calls the real services.
"""

import json
from collections.abc import Callable, Iterator
from uuid import UUID

import httpx
import pytest

from labelwright_client import (
    NEVER,
    AsyncClient,
    Client,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Retry,
    ServerError,
    Stack,
    Unauthenticated,
    UnexpectedResponse,
    Unreachable,
    ingest,
    queue,
)
from labelwright_client.call import Response
from labelwright_client.problems import FieldError, problem_from
from labelwright_client.retry import SERVER_ERRORS_MAX, RetryState
from schemas.ingest import ItemRequest
from schemas.queue import LeaseRequest

STACK = Stack({"ingest": "http://ingest.test", "queue": "http://queue.test"}, token="t0k3n")
QUICK = Retry(first=0.001, longest=0.002, total=1)
HEAD = {"name": "reviews", "title": "Reviews", "created_at": "2026-11-24T10:00:00Z"}
CREATE = ingest.create_project("reviews", "Reviews")

Handler = Callable[[httpx.Request], httpx.Response]


def answering(*answers: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """Return a handler that gives `answers` one after another, and the list of its requests."""
    waiting: Iterator[httpx.Response | Exception] = iter(answers)
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        answer = next(waiting)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handle, requests


def client(handle: Handler, retry: Retry = QUICK) -> Client:
    return Client(STACK, retry=retry, transport=httpx.MockTransport(handle))


def test_a_call_carries_the_token_and_goes_to_its_service() -> None:
    handle, requests = answering(httpx.Response(201, json=HEAD))

    with client(handle) as connection:
        made = connection.send(CREATE)

    assert made.title == "Reviews"
    assert str(requests[0].url) == "http://ingest.test/v1/projects"
    assert requests[0].headers["authorization"] == "Bearer t0k3n"
    assert json.loads(requests[0].content) == {"name": "reviews", "title": "Reviews"}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_transient_error_is_retried(status: int) -> None:
    handle, requests = answering(httpx.Response(status), httpx.Response(201, json=HEAD))

    with client(handle) as connection:
        connection.send(CREATE)

    assert len(requests) == 2
    assert connection.retries == 1


@pytest.mark.parametrize(
    "lost", [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("slow")]
)
def test_a_lost_connection_is_retried(lost: Exception) -> None:
    handle, requests = answering(lost, lost, httpx.Response(201, json=HEAD))

    with client(handle) as connection:
        connection.send(CREATE)

    assert len(requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
def test_a_refusal_is_not_retried(status: int) -> None:
    handle, requests = answering(httpx.Response(status))

    with client(handle) as connection, pytest.raises(Problem):
        connection.send(CREATE)

    assert len(requests) == 1


def test_all_attempts_of_an_import_carry_one_key_and_another_import_another() -> None:
    answer = {"created": 1, "unchanged": 0, "changed": 0, "rejected": []}
    handle, requests = answering(
        httpx.ReadError("reset"),
        httpx.Response(200, json=answer),
        httpx.Response(200, json=answer),
    )
    items = [ItemRequest(external_id="a", payload={"text": "x"})]

    with client(handle) as connection:
        connection.send(ingest.import_items("reviews", items))
        connection.send(ingest.import_items("reviews", items))

    keys = [request.headers["idempotency-key"] for request in requests]
    assert keys[0] == keys[1] != keys[2]
    assert (
        requests[0].content
        == requests[1].content
        == b'{"external_id":"a","payload":{"text":"x"}}\n'
    )


def test_unreachable_names_the_silent_service() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    with (
        client(handle, Retry(first=0.001, longest=0.001, total=0.01)) as connection,
        pytest.raises(Unreachable, match=r"ingest at http://ingest\.test does not answer: Conn"),
    ):
        connection.send(CREATE)


def test_without_retries_a_call_is_sent_once() -> None:
    handle, requests = answering(httpx.Response(503), httpx.Response(201, json=HEAD))

    with client(handle, NEVER) as connection, pytest.raises(ServerError):
        connection.send(CREATE)

    assert len(requests) == 1


async def test_the_async_client_retries_and_changes_its_token() -> None:
    handle, requests = answering(
        httpx.Response(503), httpx.ConnectError("x"), httpx.Response(200, json={"leases": []})
    )

    async with AsyncClient(STACK, retry=QUICK, transport=httpx.MockTransport(handle)) as connection:
        found = await connection.with_token("another").send(queue.lease(LeaseRequest(count=2)))

    assert found.leases == []
    assert [request.headers["authorization"] for request in requests] == ["Bearer another"] * 3
    assert json.loads(requests[0].content) == {"count": 2}


def test_a_skip_carries_the_two_labels_and_a_list_its_cursor() -> None:
    handle, requests = answering(httpx.Response(204), httpx.Response(200, json={"repairs": []}))
    two = ({"mood": "good"}, {"mood": "bad"})

    with client(handle) as connection:
        connection.send(queue.skip(UUID(int=1), "two_labels_fit", labels=two))
        connection.send(ingest.list_repairs("reviews", "x~y"))

    assert json.loads(requests[0].content) == {
        "reason": "two_labels_fit",
        "note": None,
        "labels": list(two),
    }
    assert dict(requests[1].url.params) == {"after": "x~y", "state": "open"}


def listed_by_pages() -> tuple[Handler, list[httpx.Request]]:
    return answering(
        httpx.Response(200, json={"projects": [HEAD], "next": "reviews"}),
        httpx.Response(503),
        httpx.Response(200, json={"projects": [{**HEAD, "name": "words"}], "next": None}),
    )


def test_pages_follow_each_other_until_the_last() -> None:
    handle, requests = listed_by_pages()

    with client(handle) as connection:
        pages = list(connection.pages(ingest.list_projects))

    assert [project.name for page in pages for project in page.projects] == ["reviews", "words"]
    assert [dict(request.url.params) for request in requests] == [
        {},
        {"after": "reviews"},
        {"after": "reviews"},
    ]


async def test_pages_of_the_async_client_are_the_same() -> None:
    handle, requests = listed_by_pages()

    async with AsyncClient(STACK, retry=QUICK, transport=httpx.MockTransport(handle)) as connection:
        pages = [page async for page in connection.pages(ingest.list_projects)]

    assert [project.name for page in pages for project in page.projects] == ["reviews", "words"]
    assert len(requests) == 3


def test_unknown_fields_of_a_response_are_ignored() -> None:
    handle, _ = answering(httpx.Response(201, json={**HEAD, "colour": "red"}))

    with client(handle) as connection:
        assert connection.send(CREATE).name == "reviews"


def test_a_response_that_is_not_json_raises_unexpected_response() -> None:
    handle, _ = answering(httpx.Response(200, text="<html>a captive portal</html>"))

    with (
        client(handle) as connection,
        pytest.raises(UnexpectedResponse, match="ingest answered POST"),
    ):
        connection.send(CREATE)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Unauthenticated),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (413, Invalid),
        (422, Invalid),
        (500, ServerError),
        (503, ServerError),
        (429, ServerError),
    ],
)
def test_each_status_has_its_exception(status: int, kind: type[Problem]) -> None:
    assert type(problem_from(status, b"")) is kind


def test_a_problem_keeps_every_part_of_its_document() -> None:
    body = {
        "type": "urn:problem:lease-expired",
        "title": "The lease has expired",
        "detail": "It ended at 12:00.",
        "errors": [{"pointer": "/label/sentiment", "keyword": "enum", "message": "No such option"}],
    }

    problem = problem_from(409, json.dumps(body).encode())

    assert (problem.slug, problem.status, problem.detail) == (
        "lease-expired",
        409,
        "It ended at 12:00.",
    )
    assert problem.errors == (FieldError("/label/sentiment", "enum", "No such option"),)
    assert str(problem) == (
        "The lease has expired: It ended at 12:00. (/label/sentiment: No such option)"
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"errors": [1, {"pointer": 2}]}', b"null"])
def test_an_error_with_any_body_is_a_problem(body: bytes) -> None:
    assert "502" in str(problem_from(502, body)) or body in str(problem_from(502, body)).encode()


def test_waits_grow_to_a_limit_and_end_at_the_total() -> None:
    state = RetryState(Retry(first=1, longest=8, total=30), chance=lambda: 0.999999)

    waits = []
    while (next_wait := state.next_wait(None)) is not None:
        waits.append(round(next_wait))

    assert waits == [1, 2, 4, 8, 8]


def test_retry_after_is_obeyed() -> None:
    state = RetryState(Retry(first=0.1), chance=lambda: 0.0)

    assert state.next_wait(Response(429, b"", {"retry-after": "7"})) == 7
    assert (
        state.next_wait(Response(429, b"", {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"})) == 0.1
    )


def test_a_500_is_retried_eight_times() -> None:
    state = RetryState(Retry(first=0.001, longest=0.001, total=1000), chance=lambda: 0.0)

    pauses = [state.next_wait(Response(500, b"")) for _ in range(SERVER_ERRORS_MAX + 1)]

    assert None not in pauses[:SERVER_ERRORS_MAX]
    assert pauses[SERVER_ERRORS_MAX] is None


def test_an_accepted_call_waits_for_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelwright_client.transport.JOB_POLL_SECONDS", 0.001)
    job = {"job_id": "7", "url": "/v1/jobs/7"}
    running, done = {"state": "running", "done": 1}, {"state": "done", "result": HEAD}
    handle, requests = answering(
        httpx.Response(202, json=job),
        httpx.Response(200, json=running),
        httpx.Response(200, json=done),
    )

    with client(handle) as connection:
        made = connection.send(CREATE)

    assert made.title == "Reviews"
    assert [request.url.path for request in requests] == [
        "/v1/projects",
        "/v1/jobs/7",
        "/v1/jobs/7",
    ]


@pytest.mark.parametrize(
    "job",
    [
        {"state": "cancelled"},
        {"state": "failed", "problem": {"status": 409, "title": "Too much"}},
    ],
)
def test_a_job_that_ends_without_a_result_raises(job: dict[str, object]) -> None:
    accepted = {"job_id": "7", "url": "/v1/jobs/7"}
    handle, _ = answering(httpx.Response(202, json=accepted), httpx.Response(200, json=job))

    with client(handle) as connection, pytest.raises(Conflict):
        connection.send(CREATE)
