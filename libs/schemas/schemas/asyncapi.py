"""The AsyncAPI 3 document of all events, made from their classes: `python -m schemas.asyncapi`."""

import json
import sys
from typing import Any

from pydantic.json_schema import models_json_schema

from schemas.envelope import HEAD, Event
from schemas.events import EVENTS
from schemas.topics import TOPICS

REFERENCE = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """Channels are topics, messages are events; each payload is the envelope around the facts."""
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
            "schemas": {name: _facts(name, one) for name, one in schemas["$defs"].items()},
        },
    }


def _channel(topic: str) -> dict[str, Any]:
    kinds = [kind for kind in EVENTS.values() if kind.topic.name == topic]
    retention = kinds[0].topic.retention
    kept = "for ever" if retention is None else f"for {retention.days} days"
    return {
        "address": topic,
        "description": f"Kept {kept}. Keyed by `{kinds[0].keyed_by}`.",
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


def _facts(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What stands in the head of the envelope does not stand in `data` again."""
    if name not in {kind.__name__ for kind in EVENTS.values()}:
        return schema
    properties = {key: one for key, one in schema["properties"].items() if key not in HEAD}
    required = [key for key in schema.get("required", []) if key not in HEAD]
    return {**schema, "properties": properties, "required": required}


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
