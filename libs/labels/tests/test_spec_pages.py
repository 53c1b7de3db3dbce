"""The pages of `docs/spec` and the JSON Schema of spec documents."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from spec_strategies import specs

import labels
from labels.specs.check import spec_problems
from labels.specs.json_schema import spec_json_schema
from labels.specs.pages import pages
from labels.specs.templates import templates

FOLDER = Path(__file__).parents[3] / "docs" / "spec"
VALIDATOR = jsonschema_rs.validator_for(spec_json_schema())


def test_the_pages_are_those_that_the_models_give() -> None:
    written = {file.name: file.read_text("utf-8") for file in FOLDER.iterdir()}

    assert written == pages(), "run `python -m labels.specs.pages docs/spec`"


def test_every_kind_has_a_page() -> None:
    assert {f"{kind}.md" for kind in labels.KINDS} <= pages().keys()


def test_every_key_has_a_description() -> None:
    schema = spec_json_schema()
    parts = {**schema["$defs"], "document": schema}

    without = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, described in part.get("properties", {}).items()
        if not described.get("description")
    ]
    assert without == []
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_the_schema_accepts_the_templates(template: Any) -> None:
    assert list(VALIDATOR.iter_errors(template.document)) == []


@settings(max_examples=100, deadline=None)
@given(specs())
def test_the_schema_accepts_what_can_be_published(fields: list[dict[str, Any]]) -> None:
    document = {"task_type": "t", "fields": fields}

    assert spec_problems(document) == []
    assert VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    "change",
    [
        {"polcy": {}},
        {"policy": {"redundncy": 1}},
        {"fields": [{"name": "a", "kind": "odd"}]},
        {"fields": [{"name": "a", "kind": "choice", "options": ["x"], "tie": True}]},
        {"guidelines": [{"id": "1", "text": "x"}]},
    ],
)
def test_the_schema_refuses_typical_mistakes(change: dict[str, Any]) -> None:
    document = {"task_type": "t", "fields": [{"name": "a", "kind": "rating"}], **change}

    assert spec_problems(document) != []
    assert not VALIDATOR.is_valid(document)
