"""Generates the AsyncAPI 3 document of all events from their classes.

Run `python -m schemas.asyncapi`.
"""

import json
import sys
from typing import Any

from pydantic.json_schema import models_json_schema

from schemas.envelope import ENVELOPE_FIELDS, Event
from schemas.events import EVENTS
from schemas.topics import TOPICS

REFERENCE = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """Return the document: channels are topics, messages are events in their envelopes."""
    kinds = [(kind, "serialization") for kind in EVENTS.values()]
    _, schemas = models_json_schema(kinds, ref_template=REFERENCE)  # type: ignore[arg-type]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Labelwright events",
            "version": "1",
            "description": "CloudEvents 1.0, structured mode, JSON. The Kafka header `kind` "
            "repeats `type`, `traceparent` is the W3C trace context.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic.name: _channel(topic.name) for topic in TOPICS},
        "operations": {
            f"receive_{topic.name.replace('-', '_')}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{topic.name}"},
            }
            for topic in TOPICS
        },
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in EVENTS.values()},
            "schemas": {
                name: _data_schema(name, schema) for name, schema in schemas["$defs"].items()
            },
        },
    }


def _channel(topic: str) -> dict[str, Any]:
    kinds = [kind for kind in EVENTS.values() if kind.topic.name == topic]
    retention = kinds[0].topic.retention
    period = "without limit" if retention is None else f"for {retention.days} days"
    return {
        "address": topic,
        "description": f"Kept {period}. Keyed by `{kinds[0].keyed_by}`.",
        "messages": {
            kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in kinds
        },
    }


def _message(kind: type[Event]) -> dict[str, Any]:
    text = {"type": "string"}
    head = {name: text for name in ("id", "source", "subject", "time", "project")}
    return {
        "name": kind.kind(),
        "summary": (kind.__doc__ or "").strip().split("\n")[0],
        "payload": {
            "type": "object",
            "properties": {
                "specversion": {"const": "1.0"},
                "type": {"const": kind.kind()},
                "datacontenttype": {"const": "application/json"},
                **head,
                "data": {"$ref": f"#/components/schemas/{kind.__name__}"},
            },
            "required": ["specversion", "type", "data", *head],
        },
    }


def _data_schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of `data`, without the fields that the envelope carries."""
    if name not in {kind.__name__ for kind in EVENTS.values()}:
        return schema
    properties = {
        key: value for key, value in schema["properties"].items() if key not in ENVELOPE_FIELDS
    }
    required = [key for key in schema.get("required", []) if key not in ENVELOPE_FIELDS]
    return {**schema, "properties": properties, "required": required}


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
