"""The shape of a spec document: unknown and missing keys, wrong types, and values out of range.

pydantic checks the shape; its errors are written here as sentences about keys of the document. The
parts that fit are kept, so that the other checks can go on and all faults are found at once.
"""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from labels.canonical_text import number_text
from labels.refusal import Json
from schemas.ingest import SpecRequest
from schemas.json_values import json_pointer
from schemas.spec_checks import SpecFinding
from schemas.vocabulary import Policy

Path = Sequence[str | int]
FIELDS = "fields"
"""The key whose value `labels.check_fields` checks, with sentences of its own."""
_SOME_FIELDS: list[Json] = [{}]


def shape_problems(document: Mapping[str, Json]) -> list[SpecFinding]:
    """Return the problems of the shape of a document, except those of its fields."""
    return [_finding(error) for error in _errors(document)]


def readable_policy(document: Mapping[str, Json]) -> Policy:
    """Return the policy of a document; keys that do not fit have their default values."""
    policy = document.get("policy", {})
    for error in _errors(document):
        key, *inner = error["loc"]
        if key == "policy":
            policy = _without(policy, inner)
    return Policy.model_validate(policy)


def _without(value: Json, path: Path) -> Json:
    """Return a copy of an object without the member at `path`, or without the list around it."""
    if not isinstance(value, dict) or not path:
        return {}
    key, *inner = path
    if key not in value:
        return value
    rest = {name: member for name, member in value.items() if name != key}
    if inner and isinstance(value[key], dict):
        return rest | {key: _without(value[key], inner)}
    return rest


def _errors(document: Mapping[str, Json]) -> list[ErrorDetails]:
    try:
        SpecRequest.model_validate({**document, FIELDS: _SOME_FIELDS})
    except ValidationError as error:
        return error.errors()
    return []


def _finding(error: ErrorDetails) -> SpecFinding:
    sentence, hint = _SENTENCES[error["type"]]
    path = error["loc"]
    values: dict[str, Any] = error.get("ctx", {})
    message = sentence.format(name=_name(path), expected=_listed(values), limit=_limit(values))
    return SpecFinding(
        pointer=json_pointer(*path),
        keyword=error["type"],
        message=message,
        hint=hint(error) if callable(hint) else hint,
    )


def _name(path: Path) -> str:
    """Return the key at the end of a path, with the place of an entry of a list."""
    last = path[-1]
    return f"Entry {last + 1} of “{path[-2]}”" if isinstance(last, int) else f"“{last}”"


def _limit(values: Mapping[str, Any]) -> str:
    limits = [values[name] for name in ("ge", "le", "min_length", "max_length") if name in values]
    return number_text(limits[0]) if limits else ""


def _listed(values: Mapping[str, Any]) -> str:
    return str(values.get("expected", "")).replace("'", "")


def _near_key(error: ErrorDetails) -> str:
    """Return a hint with the keys that are known at the place of an unknown key."""
    *path, key = error["loc"]
    known = sorted(_known_keys(tuple(path)))
    near = get_close_matches(str(key), known, n=1)
    return f"Did you mean “{near[0]}”?" if near else f"Known here are {', '.join(known)}."


def _known_keys(path: Path) -> set[str]:
    whole = _json_schema()
    schema = whole
    for part in path:
        schema = _resolved(schema, whole)
        if isinstance(part, int):
            schema = schema["items"]
        else:
            schema = schema.get("properties", {}).get(part) or schema["additionalProperties"]
    return set(_resolved(schema, whole)["properties"])


def _resolved(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a reference points to, which may be one of several alternatives."""
    schema = next((one for one in schema.get("anyOf", ()) if "$ref" in one), schema)
    reference = schema.get("$ref")
    return whole["$defs"][reference.rsplit("/", 1)[1]] if reference else schema


@cache
def _json_schema() -> dict[str, Any]:
    return SpecRequest.model_json_schema()


def _quotes(error: ErrorDetails) -> str | None:
    """Return the hint that a value of another type needs quotes to be a text."""
    value = error["input"]
    if isinstance(value, bool | int | float):
        return f'Put quotes around it: "{str(value).lower()}".'
    return None


def _rules_hint(error: ErrorDetails) -> str | None:
    if error["loc"] == ("guidelines",):
        return 'Write a list of rules, such as [{"id": "R1", "text": "…"}].'
    return None


_AS_LIST = "{name} must be a list."
_AS_OBJECT = "{name} must be an object with keys and values."
Hint = str | Callable[[ErrorDetails], str | None] | None
_SENTENCES: dict[str, tuple[str, Hint]] = {
    "missing": ("{name} is missing.", None),
    "extra_forbidden": ("{name} is not known here.", _near_key),
    "string_type": ("{name} must be text.", _quotes),
    "string_too_short": ("{name} must not be empty.", None),
    "string_too_long": ("{name} must have at most {limit} characters.", None),
    "string_pattern_mismatch": ("{name} must be R and a number, such as R1 or R2.3.", None),
    "string_unicode": ("{name} has a character that is not Unicode.", None),
    "int_type": ("{name} must be a whole number.", None),
    "int_from_float": ("{name} must be a whole number.", None),
    "int_parsing_size": ("{name} must be a smaller number.", None),
    "float_type": ("{name} must be a number.", None),
    "finite_number": ("{name} must be a finite number.", None),
    "bool_type": ("{name} must be true or false.", None),
    "list_type": (_AS_LIST, _rules_hint),
    "dict_type": (_AS_OBJECT, None),
    "model_type": (_AS_OBJECT, None),
    "literal_error": ("{name} must be {expected}.", None),
    "greater_than_equal": ("{name} must be at least {limit}.", None),
    "less_than_equal": ("{name} must be at most {limit}.", None),
    "too_short": ("{name} must not be empty.", None),
    "too_long": ("{name} must have at most {limit} entries.", None),
    "uuid_type": ("{name} must be the id of a spec issue.", None),
    "uuid_parsing": ("{name} must be the id of a spec issue.", None),
}
"""The sentence and the hint of each type of error that the models of a spec can have."""
