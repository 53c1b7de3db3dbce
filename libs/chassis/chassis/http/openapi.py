"""The OpenAPI document of a service: FastAPI's, completed with the refusals of all routes.

Routes do not declare their refusals. The status codes of a route follow from its token, parameters
and body; the types of its problems follow from the service's refusals.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from chassis.http import problem
from chassis.http.access import access
from chassis.http.problem_types import COMMON, ProblemType, of_refusal, phrase

BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A token of the identity provider, with the claims `roles` and `projects`.",
}
READING = {"GET", "HEAD"}
CHANGING_STATUSES = {409, 429, 507}
NOT_COMPONENTS = ("HTTPValidationError", "ValidationError")
"""The schemas of FastAPI's own refusals, which no service sends."""
NO_NUL = r"^[^\u0000]*$"
FIXED_TEXTS = frozenset({"pattern", "format", "enum", "const"})
REFERENCE = "#/components/schemas/{model}"
"""The template of pydantic for references between schemas."""
Json = dict[str, Any]


def install(app: FastAPI, refusals: Mapping[type[Exception], int]) -> None:
    """Complete the document that `app` serves at /openapi.json; `refusals`: their status codes."""
    derive = app.openapi

    def document() -> Json:
        cached = app.openapi_schema
        derived = derive()
        if derived is not cached:  # FastAPI caches its document until a route is added.
            _complete(derived, app, refusals)
        return derived

    app.openapi = document  # type: ignore[method-assign] # As FastAPI's manual does it.


def described_routes(app: FastAPI) -> list[RouteContext]:
    """Return the routes in the document of `app`, including those of its routers."""
    return [
        context
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and context.include_in_schema
    ]


def _complete(document: Json, app: FastAPI, refusals: Mapping[type[Exception], int]) -> None:
    types = _types_by_status(refusals)
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"bearer": BEARER}
    schemas: Json = components.setdefault("schemas", {})
    for name in NOT_COMPONENTS:
        schemas.pop(name, None)
    _move_definitions(document["paths"], schemas)
    _forbid_nul(document)
    tags: dict[str, None] = {}
    for route in described_routes(app):
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            _describe(operation, route, method, types)
            tags[operation["tags"][0]] = None
    document["tags"] = [{"name": tag} for tag in sorted(tags)]
    schemas.update(
        {_schema_name(status): _problem_schema(status, types[status]) for status in types}
    )
    components["responses"] = {
        _name(status): _problem_response(status, types[status]) for status in types
    }


def _types_by_status(refusals: Mapping[type[Exception], int]) -> dict[int, list[ProblemType]]:
    own = [of_refusal(kind, status) for kind, status in refusals.items()]
    found: dict[int, dict[str, ProblemType]] = {}
    for kind in (*COMMON, *own):
        found.setdefault(kind.status, {}).setdefault(kind.name, kind)
    return {status: list(found[status].values()) for status in sorted(found)}


def _describe(operation: Json, route: RouteContext, method: str, types: Iterable[int]) -> None:
    """Set the name, the resource, the security and the refusals of an operation."""
    needs_token = access(route.dependant).needs_token
    operation["operationId"] = route.name
    operation["tags"] = [str(tag) for tag in route.tags] or [_resource(str(route.path))]
    operation["security"] = [{"bearer": []}] if needs_token else []
    responses: Json = operation["responses"]
    responses.pop("422", None)
    for response in responses.values():  # A stream is not one value that a schema can describe.
        response.get("content", {}).get("text/event-stream", {}).pop("schema", None)
    if (created := responses.get("201")) is not None:
        responses["200"] = {**created, "description": "It existed before, with the same content."}
    for status in sorted(_refused(operation, method, needs_token=needs_token).intersection(types)):
        responses[str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    operation["responses"] = dict(sorted(responses.items()))


def _refused(operation: Json, method: str, *, needs_token: bool) -> set[int]:
    """Return the status codes with which such an operation can be refused."""
    parameters: list[Json] = operation.get("parameters", [])
    found = {403, 503}
    if needs_token:
        found.add(401)
    if "requestBody" in operation:
        found |= {400, 404, 413, 422}
    if parameters:
        found |= {404, 422}
    if any(parameter["name"] == "range" for parameter in parameters):
        found.add(416)
    return found if method in READING else found | CHANGING_STATUSES


def _resource(path: str) -> str:
    """Return the resource of a path: `/v1/projects/{project}/specs/{version}` → `specs`."""
    words = [word for word in path.split("/") if word not in ("", "v1")]
    return words[2] if len(words) > 2 and words[:2] == ["projects", "{project}"] else words[0]


def _move_definitions(value: object, schemas: Json) -> None:
    """Move the definitions within schemas to the components, which references point to."""
    if isinstance(value, dict):
        for name, schema in value.pop("$defs", {}).items():
            schemas.setdefault(name, schema)
            _move_definitions(schema, schemas)
        for member in value.values():
            _move_definitions(member, schemas)


def _forbid_nul(value: object) -> None:
    """Add a pattern without NUL, which `json_body` refuses, to every free text."""
    if isinstance(value, dict):
        if value.get("type") == "string" and FIXED_TEXTS.isdisjoint(value):
            value["pattern"] = NO_NUL
        for member in value.values():
            _forbid_nul(member)
    elif isinstance(value, list):
        for member in value:
            _forbid_nul(member)


def _name(status: int) -> str:
    return phrase(status).title().replace(" ", "")


def _schema_name(status: int) -> str:
    return f"{_name(status)}Problem"


def _problem_schema(status: int, types: Iterable[ProblemType]) -> Json:
    text = {"type": "string"}
    fault = {"pointer": text, "keyword": text, "message": text}
    return {
        "title": _schema_name(status),
        "description": "The reason of a refusal (RFC 9457). Some types have further members.",
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": [kind.uri for kind in types]},
            "title": text,
            "status": {"type": "integer", "const": status},
            "detail": text,
            "errors": {
                "type": "array",
                "description": "The faults of the request, each with its JSON pointer.",
                "items": {"type": "object", "properties": fault, "required": list(fault)},
            },
            "instance": {"type": "string", "description": "The path of the request."},
            "trace_id": {"type": "string", "description": "The id of the request in the log."},
        },
        "required": ["type", "title", "status", "instance", "trace_id"],
    }


def _problem_response(status: int, types: Iterable[ProblemType]) -> Json:
    examples = {
        kind.name: {"value": {"type": kind.uri, "title": kind.title, "status": status}}
        for kind in types
    }
    for example in examples.values():
        example["value"] |= {"instance": "/v1/…", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}
    reference = REFERENCE.format(model=_schema_name(status))
    content = {problem.MEDIA_TYPE: {"schema": {"$ref": reference}, "examples": examples}}
    return {"description": phrase(status), "content": content}
