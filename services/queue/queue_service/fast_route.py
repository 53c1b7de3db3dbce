"""Routes for the busiest calls, which bypass FastAPI's resolution of parameters for each request.

That resolution was measured to cost the busiest calls more than their database work. A `FastRoute`
resolves parameters and dependencies once, at start. It supports path parameters, one JSON body, and
dependencies that are coroutines; its endpoint must return a Response. In the OpenAPI document it
looks like any other route.
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
    """Return `content` as a JSON response, without validating it against the route's model."""
    return Response(orjson.dumps(content, default=str), status, media_type="application/json")


Source = Callable[[Request], Awaitable[Any]]


class FastRoute(APIRoute):
    """A route with parameters resolved at start. Raises TypeError for unsupported parameters."""

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401
        """Create a route with the arguments of an APIRoute."""
        super().__init__(*args, **settings)
        kinds = get_type_hints(self.endpoint, include_extras=True)
        paths = [_path(param.name, kinds[param.name]) for param in self.dependant.path_params]
        bodies = [_body(param.name, kinds[param.name]) for param in self.dependant.body_params]
        self._call = _source(self.dependant, [*paths, *bodies])

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the endpoint and send its response; exceptions go to the application's handlers."""
        if self.methods and scope["method"] not in self.methods:
            await super().handle(scope, receive, send)
            return
        response: Response = await self._call(Request(scope, receive, send))
        await response(scope, receive, send)


def _source(dependant: Dependant, own: list[tuple[str, Source]] | None = None) -> Source:
    """Return the function that computes a dependency, or calls the endpoint."""
    call = dependant.call
    is_endpoint = own is not None
    if not inspect.iscoroutinefunction(call) or any(
        _unsupported(dependant, is_endpoint=is_endpoint)
    ):
        raise TypeError(
            f"{call} has parameters that FastRoute does not support: see queue_service.fast_route."
        )
    sources = [(str(d.name), _source(d)) for d in dependant.dependencies] + (own or [])
    request_name = dependant.request_param_name

    async def value(request: Request) -> Any:  # noqa: ANN401
        values = {name: await source(request) for name, source in sources}
        if request_name is not None:
            values[request_name] = request
        return await call(**values)

    return value


def _unsupported(dependant: Dependant, *, is_endpoint: bool) -> Iterator[object]:
    """Yield the parameters that a FastRoute does not support; falsy values if there are none."""
    yield from (dependant.query_params, dependant.header_params, dependant.cookie_params)
    yield from (dependant.response_param_name, dependant.background_tasks_param_name)
    yield from (dependant.http_connection_param_name, dependant.security_scopes_param_name)
    if is_endpoint:
        yield dependant.body_params[1:]
        yield [body for body in dependant.body_params if not _is_whole(body.field_info)]
    else:
        yield from (dependant.path_params, dependant.body_params)


def _is_whole(body: FieldInfo) -> bool:
    """Return True if the body is required, is JSON, and is the whole content of the request."""
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
            fault = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error"}
            raise RequestValidationError(
                [{**fault, "input": {}, "ctx": {"error": error.msg}}]
            ) from error
        except ValidationError as error:
            raise _invalid(error, "body") from error

    return name, value


def _invalid(error: ValidationError, *location: str) -> RequestValidationError:
    faults = error.errors(include_url=False)
    return RequestValidationError(
        [{**fault, "loc": (*location, *fault["loc"])} for fault in faults]
    )
