"""The JSON Schema of a spec document, with which editors complete keys and mark mistakes."""

from typing import Any

from labels.schema import DIALECT
from schemas.ingest import SpecRequest


def spec_json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a document that can be published.

    It accepts some documents that `check_spec` refuses, since not every rule can be written in it.
    """
    schema = SpecRequest.model_json_schema()
    schema.pop("examples", None)
    return {
        "$schema": DIALECT,
        **schema,
        "title": "Spec document",
        "description": "The fields, guidelines and policy of a project.",
    }
