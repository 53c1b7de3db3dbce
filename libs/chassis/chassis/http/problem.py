"""Errors as problem+json (RFC 9457): the type, the reason, and the JSON pointers of the faults."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from chassis import logs
from chassis.db.database import AWAY
from chassis.http import problem_types
from chassis.http.outages import outage
from chassis.http.problem_types import INTERNAL, INVALID, MALFORMED, ProblemType
from chassis.http.request_log import PROBLEM, REASON, route
from schemas.json_values import json_pointer

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a request, with its JSON pointer."""

    pointer: str
    keyword: str
    message: str


class Invalid(HTTPException):
    """The request is not valid."""

    # An HTTPException, since FastAPI answers any other error that is raised while it reads a body
    # with a bare 400.

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Refuse a request for `faults`, all of which are in the response."""
        self.faults = list(faults)
        detail = "; ".join(f"{fault.pointer}: {fault.message}" for fault in self.faults)
        super().__init__(422, detail)


def document(
    kind: ProblemType, *, detail: str = "", faults: Sequence[Fault] = ()
) -> dict[str, Any]:
    """Return a problem document."""
    body: dict[str, Any] = {"type": kind.uri, "title": kind.title, "status": kind.status}
    if detail:
        body["detail"] = detail
    if faults:
        body["errors"] = [
            {"pointer": fault.pointer, "keyword": fault.keyword, "message": fault.message}
            for fault in faults
        ]
    return body


def response(
    request: Request, body: dict[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    """Return the problem document `body` as the response to `request`."""
    request.scope[PROBLEM] = body["type"]
    content = orjson.dumps(
        {**body, "instance": request.url.path, "trace_id": logs.traceparent()[3:35]}, default=str
    )
    return Response(content, body["status"], dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI, refusals: Mapping[type[Exception], int]) -> None:
    """Make `app` answer refusals, invalid requests and bugs with problem+json."""
    for kind, status in refusals.items():
        app.add_exception_handler(kind, _refusal(status))
    app.add_exception_handler(Invalid, _invalid)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http)
    for kind in (Exception, *AWAY):  # Starlette raises the errors of other classes again.
        app.add_exception_handler(kind, _bug)


def _refusal(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        kind = problem_types.of_refusal(type(error), status)
        detail = str(error)
        body = document(kind, detail=detail, faults=getattr(error, "faults", ()))
        if status in {401, 403}:
            request.scope[REASON] = detail
        extra, headers = getattr(error, "extra", {}), getattr(error, "headers", None)
        return response(request, {**body, **extra}, headers)

    return answer


async def _invalid(request: Request, error: Exception) -> Response:
    faults = error.faults if isinstance(error, Invalid) else []
    detail = getattr(error, "detail", "")
    return response(request, document(INVALID, detail=detail, faults=faults))


async def _bad_request(request: Request, error: Exception) -> Response:
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    if any(raw["type"] == "json_invalid" for raw in errors):
        detail = str(errors[0].get("ctx", {}).get("error", ""))
        return response(request, document(MALFORMED, detail=detail))
    faults = [Fault(json_pointer(*_path(raw["loc"])), raw["type"], raw["msg"]) for raw in errors]
    detail = "; ".join(f"{fault.pointer or 'the body'}: {fault.message}" for fault in faults[:5])
    return response(request, document(INVALID, detail=detail, faults=faults))


def _path(loc: Sequence[object]) -> Sequence[object]:
    """Return the path within the body, or with the first part `path` or `query`."""
    return loc[1:] if loc[0] == "body" else loc


async def _http(request: Request, error: Exception) -> Response:
    kind = problem_types.of_status(getattr(error, "status_code", 500))
    detail = getattr(error, "detail", "")
    headers = getattr(error, "headers", None)
    if kind.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"allow": ", ".join(_allowed_methods(request))}
    is_specific = detail != HTTPStatus(kind.status).phrase
    return response(request, document(kind, detail=detail if is_specific else ""), headers)


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of all routes with the path of `request`, not only those of the first."""
    routes = [
        candidate for candidate in iter_route_contexts(request.app.routes) if candidate.methods
    ]
    found = [
        candidate for candidate in routes if candidate.matches(request.scope)[0] is not Match.NONE
    ]
    return sorted({method for candidate in found for method in candidate.methods or ()})


async def _bug(request: Request, error: Exception) -> Response:
    log, where = logs.get("http"), route(request.scope)
    found = outage(error)
    if found is not None:
        log.log(found.level, found.event, route=where, error=str(error))
        body = document(found.problem, detail=found.detail)
        return response(request, body, {"retry-after": str(found.retry_seconds)})
    trace = logs.traceparent()[3:35]
    log.error("an unexpected error", route=where, exc_info=error)
    detail = f"This is a bug of the service. Its log has the error under the trace id {trace}."
    return response(request, document(INTERNAL, detail=detail))
