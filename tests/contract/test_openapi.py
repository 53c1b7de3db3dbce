"""The OpenAPI documents of all five services are complete: security, refusals, examples."""

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis import testing

sys.path.insert(0, str(Path(__file__).parent))

from service_apps import SERVICES, app_of

from chassis.http.openapi import described_routes

METHODS = ("get", "put", "post", "patch", "delete")
PROBLEM = "application/problem+json"


@pytest.fixture(params=SERVICES, scope="module")
def app(request: pytest.FixtureRequest, tokens: testing.Tokens) -> FastAPI:
    return app_of(request.param, tokens)


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield f"{method} {path}", operation


def resolved(document: dict[str, Any], value: Any) -> Any:
    """Return the target of a reference; any other value unchanged."""
    while isinstance(value, dict) and "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def problem_types(document: dict[str, Any], operation: dict[str, Any], status: str) -> set[str]:
    response = resolved(document, operation["responses"][status])
    assert list(response["content"]) == [PROBLEM]
    schema = resolved(document, response["content"][PROBLEM]["schema"])
    assert schema["properties"]["status"]["const"] == int(status)
    return {uri.removeprefix("urn:problem:") for uri in schema["properties"]["type"]["enum"]}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))

    assert found
    for reference in found:
        assert resolved(document, {"$ref": reference}) is not None, reference
    assert "$defs" not in str(document)


def test_every_route_that_needs_a_token_says_so(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for name, operation in operations(document):
        is_signed = name == "get /v1/blobs/{sha256}" and "signature" in str(operation["parameters"])
        is_open = is_signed or name == "post /v1/invitations/exchange"
        assert operation["security"] == ([] if is_open else [{"bearer": []}]), name
        assert ("401" in operation["responses"]) is not is_open, name


def test_every_refusal_is_a_problem_whose_types_are_named(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status in (one for one in operation["responses"] if one >= "400"):
            assert problem_types(document, operation, status), (name, status)
        assert {"unavailable", "conflicting-changes"} <= problem_types(document, operation, "503")
        if "requestBody" in operation:
            assert "malformed" in problem_types(document, operation, "400")
            assert "content-too-large" in problem_types(document, operation, "413")
            assert "invalid" in problem_types(document, operation, "422")
            assert problem_types(document, operation, "507") == {"disk-full"}
        if "{project}" in name:
            assert "unknown-project" in problem_types(document, operation, "404")
            assert "forbidden" in problem_types(document, operation, "403")
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_what_can_be_sent_twice_says_both_answers(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if (created := operation["responses"].get("201")) is not None:
            assert operation["responses"]["200"]["content"] == created["content"], name


def test_operations_have_readable_names_and_one_tag(document: dict[str, Any]) -> None:
    named = [operation["operationId"] for _, operation in operations(document)]
    tags = [one["name"] for one in document["tags"]]

    assert len(set(named)) == len(named)
    assert [one for one in named if not re.fullmatch(r"[a-z]+(_[a-z]+){1,3}", one)] == []
    for name, operation in operations(document):
        assert len(operation["tags"]) == 1, name
        assert operation["tags"][0] in tags


def test_every_body_has_examples_that_its_model_takes(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    service = document["info"]["title"].removeprefix("Labelwright ").replace("-", "_")
    # A preview of a spec version has the body of publishing, whose model is ingest's.
    modules = ("people", "ingest", "uploads", service)
    models = {
        name: model
        for module in modules
        for name, model in vars(importlib.import_module(f"schemas.{module}")).items()
    }
    for name, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if kind == "application/octet-stream":
                continue  # A file of any format.
            (reference,) = set(re.findall(r"schemas/(\w+)", str(content["schema"])))
            assert schemas[reference]["examples"], name
    for name, schema in schemas.items():
        for example in schema.get("examples", ()):
            models[name].model_validate_json(json.dumps(example))


def test_field_definitions_are_a_union_by_kind(tokens: testing.Tokens) -> None:
    document = app_of("ingest", tokens).openapi()
    fields = document["components"]["schemas"]["SpecRequest"]["properties"]["fields"]
    union = resolved(document, fields["items"])

    assert union["discriminator"]["propertyName"] == "kind"
    kinds = {
        kind: resolved(document, {"$ref": reference})["properties"]["kind"]["const"]
        for kind, reference in union["discriminator"]["mapping"].items()
    }
    assert set(kinds) == set(kinds.values())
    assert len(kinds) == 9


async def test_a_method_that_is_not_there_is_told_all_that_are(app: FastAPI) -> None:
    allowed: dict[str, set[str]] = {}
    for route in described_routes(app):
        allowed.setdefault(route.path, set()).update(route.methods)
    transport = httpx.ASGITransport(app)

    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for path, methods in allowed.items():
            concrete = re.sub(r"\{[^}]*\}", "x", re.sub(r"\{[^}]*:int\}", "1", path))
            answer = await client.request("TRACE", concrete)
            assert (answer.status_code, answer.json()["type"]) == (
                405,
                "urn:problem:method-not-allowed",
            )
            assert {one.strip() for one in answer.headers["allow"].split(",")} == methods, path


async def test_the_docs_page_needs_no_other_origin(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        page = await client.get("/docs")

        assert page.status_code == 200
        assert "/openapi.json" in page.text
        addresses = re.findall(r'(?:src|href)="([^"]*)"', page.text)
        assert len(addresses) >= 2
        for address in addresses:
            assert (await client.get(address)).status_code == 200, address
        assert "://" not in page.text.replace("http://www.w3.org", "")
