"""Routes for hot paths: described to FastAPI like all others, called without its machinery.

FastAPI resolves parameters and dependencies anew for every request, which was measured to cost
the busiest calls more than their share of the database. A `FastRoute` settles at start what is to
be called, and calls it. It knows path parameters, one body, and dependencies that are coroutines;
whoever needs more takes an ordinary route. Its endpoint returns a Response.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, get_type_hints

import orjson
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.http.json_body import parse


def json_response(content: object, status: int = 200) -> Response:
    """`content`, which has the form of the route's model, as JSON; nothing checks that again."""
    return Response(orjson.dumps(content, default=str), status, media_type="application/json")


Source = Callable[[Request], Awaitable[Any]]


class FastRoute(APIRoute):
    """A route whose calls were settled at start. Raises TypeError for what it does not know."""

    def __init__(self, *words: Any, **settings: Any) -> None:  # noqa: ANN401
        """As an APIRoute."""
        super().__init__(*words, **settings)
        kinds = get_type_hints(self.endpoint, include_extras=True)
        paths = [_path(one.name, kinds[one.name]) for one in self.dependant.path_params]
        bodies = [_body(one.name, kinds[one.name]) for one in self.dependant.body_params]
        self._call = _source(self.dependant, [*paths, *bodies])

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; what is refused is raised to the application's handlers."""
        if self.methods and scope["method"] not in self.methods:
            await super().handle(scope, receive, send)
            return
        response: Response = await self._call(Request(scope, receive, send))
        await response(scope, receive, send)


def _source(dependant: Dependant, own: list[tuple[str, Source]] | None = None) -> Source:
    """What gives the value of a dependency, or calls the endpoint."""
    call = dependant.call
    is_endpoint = own is not None
    if not inspect.iscoroutinefunction(call) or any(_unknown(dependant, is_endpoint=is_endpoint)):
        raise TypeError(f"{call} is nothing for a hot route: see queue_service.fast_route.")
    sources = [(str(d.name), _source(d)) for d in dependant.dependencies] + (own or [])
    request_name = dependant.request_param_name

    async def value(request: Request) -> Any:  # noqa: ANN401
        values = {name: await source(request) for name, source in sources}
        if request_name is not None:
            values[request_name] = request
        return await call(**values)

    return value


def _unknown(dependant: Dependant, *, is_endpoint: bool) -> Iterator[object]:
    """What is asked for and would not be given."""
    yield from (dependant.query_params, dependant.header_params, dependant.cookie_params)
    yield from (dependant.response_param_name, dependant.background_tasks_param_name)
    yield from (dependant.http_connection_param_name, dependant.security_scopes_param_name)
    if is_endpoint:
        yield dependant.body_params[1:]
        yield [one for one in dependant.body_params if not _is_whole(one.field_info)]
    else:
        yield from (dependant.path_params, dependant.body_params)


def _is_whole(body: FieldInfo) -> bool:
    """Whether a body must come, is JSON and nothing else is in it."""
    return body.is_required() and not isinstance(body, Form) and not getattr(body, "embed", False)


def _path(name: str, kind: Any) -> tuple[str, Source]:  # noqa: ANN401
    adapter = TypeAdapter(kind)

    async def value(request: Request) -> object:
        try:
            return adapter.validate_strings(request.path_params[name])
        except ValidationError as error:
            raise _invalid(error, "path", name) from error

    return name, value


def _body(name: str, kind: Any) -> tuple[str, Source]:  # noqa: ANN401
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    async def value(request: Request) -> object:
        body = await request.body()
        if not body:
            raise RequestValidationError(
                [{"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}]
            )
        try:
            return adapter.validate_python(parse(body), from_attributes=True)
        except json.JSONDecodeError as error:
            what = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error"}
            raise RequestValidationError(
                [{**what, "input": {}, "ctx": {"error": error.msg}}]
            ) from error
        except ValidationError as error:
            raise _invalid(error, "body") from error

    return name, value


def _invalid(error: ValidationError, *where: str) -> RequestValidationError:
    faults = error.errors(include_url=False)
    return RequestValidationError([{**one, "loc": (*where, *one["loc"])} for one in faults])
