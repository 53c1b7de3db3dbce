"""Refusals as problem+json (RFC 9457): what was refused, why, and at which JSON pointer."""

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

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was sent, and where."""

    pointer: str
    keyword: str
    message: str


class Invalid(HTTPException):
    """What was sent does not hold what it must."""

    # An HTTPException, since FastAPI makes a bare 400 of whatever else is raised while it reads a
    # body.

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Each fault is told to the sender."""
        self.faults = list(faults)
        told = "; ".join(f"{fault.pointer}: {fault.message}" for fault in self.faults)
        super().__init__(422, told)


def pointer(parts: Iterable[object]) -> str:
    """The JSON pointer (RFC 6901) made of `parts`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def document(
    kind: ProblemType, *, detail: str = "", faults: Sequence[Fault] = ()
) -> dict[str, Any]:
    """A problem document."""
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
    """`body` as the answer to `request`."""
    request.scope[PROBLEM] = body["type"]
    content = orjson.dumps(
        {**body, "instance": request.url.path, "trace_id": logs.traceparent()[3:35]}, default=str
    )
    return Response(content, body["status"], dict(headers or {}), media_type=MEDIA_TYPE)


def faults_of(errors: Iterable[Mapping[str, Any]], base: Sequence[object] = ()) -> list[Fault]:
    """pydantic's errors as faults. The first part of FastAPI's `loc` says body, path or query."""
    return [
        Fault(pointer([*base, *error["loc"]]), str(error["type"]), str(error["msg"]))
        for error in errors
    ]


def install(app: FastAPI, refusals: Mapping[type[Exception], int]) -> None:
    """Answer refusals, bad requests and bugs of `app` as problem+json."""
    for kind, status in refusals.items():
        app.add_exception_handler(kind, _refusal(status))
    app.add_exception_handler(Invalid, _invalid)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http)
    for kind in (Exception, *AWAY):  # Named ones are not raised again to the server's own log.
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
    raw = error.errors() if isinstance(error, RequestValidationError) else []
    if any(one["type"] == "json_invalid" for one in raw):
        detail = str(raw[0].get("ctx", {}).get("error", ""))
        return response(request, document(MALFORMED, detail=detail))
    faults = [Fault(pointer(_place(one["loc"])), one["type"], one["msg"]) for one in raw]
    detail = "; ".join(f"{fault.pointer or 'the body'}: {fault.message}" for fault in faults[:5])
    return response(request, document(INVALID, detail=detail, faults=faults))


def _place(loc: Sequence[object]) -> Sequence[object]:
    """Where in the body; what is wrong with the path or the query keeps its first word."""
    return loc[1:] if loc[0] == "body" else loc


async def _http(request: Request, error: Exception) -> Response:
    kind = problem_types.of_status(getattr(error, "status_code", 500))
    detail = getattr(error, "detail", "")
    headers = getattr(error, "headers", None)
    if kind.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"allow": ", ".join(_allowed_methods(request))}
    is_told = detail != HTTPStatus(kind.status).phrase
    return response(request, document(kind, detail=detail if is_told else ""), headers)


def _allowed_methods(request: Request) -> list[str]:
    """The methods of all routes that have the path of `request`; Starlette names the first's."""
    routes = [one for one in iter_route_contexts(request.app.routes) if one.methods]
    found = [one for one in routes if one.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for one in found for method in one.methods or ()})


async def _bug(request: Request, error: Exception) -> Response:
    log, where = logs.get("http"), route(request.scope)
    found = outage(error)
    if found is not None:
        log.log(found.level, found.event, route=where, error=str(error))
        body = document(found.problem, detail=found.detail)
        return response(request, body, {"retry-after": str(found.retry_seconds)})
    trace = logs.traceparent()[3:35]
    log.error("an unexpected error", route=where, exc_info=error)
    detail = f"This is our fault. Trace {trace} in the log tells more."
    return response(request, document(INTERNAL, detail=detail))
