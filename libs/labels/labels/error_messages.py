"""Turns errors of the JSON Schema validator into refusals with messages for annotators."""

from collections.abc import Callable, Iterator, Mapping

import jsonschema_rs

from labels.canonical_text import number_text
from labels.field import Field, titles
from labels.kinds.shared import NO_NUL, NOT_BLANK
from labels.refusal import Json, Refusal
from schemas.json_values import json_pointer

SHOWN_MAX = 10
_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "array": "a list",
    "object": "an object",
}


def refusals_from(
    error: jsonschema_rs.ValidationError, fields: Mapping[str, Field]
) -> Iterator[Refusal]:
    """Yield one refusal for each place that the error is about."""
    kind: Json = error.kind
    path: list[str | int] = list(error.instance_path)
    field = fields.get(str(path[0])) if path else None
    if kind.name == "additionalProperties":
        for key in kind.unexpected:
            message = f"“{key}” is not part of this answer."
            yield Refusal(json_pointer(*path, key), kind.name, message)
    elif kind.name == "required":
        yield _missing(path, kind.property, fields)
    elif kind.name == "falseSchema":
        yield Refusal(json_pointer(*path), kind.name, _hidden(field, fields))
    else:
        message_of = _MESSAGES.get(kind.name, _not_allowed)
        yield Refusal(json_pointer(*path), kind.name, message_of(kind, field))


def _missing(path: list[str | int], name: str, fields: Mapping[str, Field]) -> Refusal:
    if path:
        return Refusal(json_pointer(*path, name), "required", f"“{name}” is missing here.")
    return Refusal(json_pointer(name), "required", f"Please answer “{fields[name].title}”.")


def _hidden(field: Field | None, fields: Mapping[str, Field]) -> str:
    if field is None or field.condition is None:
        return "This is not asked; leave it out."
    other = fields[field.condition.field]
    names = _listed(list(field.condition.values), other)
    return f"“{field.title}” is asked only if “{other.title}” is {names}; leave it out."


def _listed(values: list[Json], field: Field | None) -> str:
    known = titles(field.options) if field is not None else {}
    shown = [str(known.get(value, value)) for value in values[:SHOWN_MAX]]
    return ", ".join(shown) + ", …" * (len(values) > SHOWN_MAX)


def _not_allowed(_kind: Json, _field: Field | None) -> str:
    return "This answer is not allowed."


def _choose(kind: Json, field: Field | None) -> str:
    return f"Choose one of: {_listed(kind.options, field)}."


def _other(_kind: Json, field: Field | None) -> str:
    values = [option.value for option in field.options] if field is not None else []
    return f"Choose one of: {_listed(values, field)}; or say what else it is."


def _type(kind: Json, _field: Field | None) -> str:
    return f"This must be {' or '.join(_TYPES.get(name, name) for name in kind.types)}."


def _pattern(kind: Json, _field: Field | None) -> str:
    if kind.pattern == NO_NUL:
        return "This text contains the character NUL, which cannot be stored."
    if kind.pattern == NOT_BLANK:
        return "There is nothing written here."
    return f"This does not have the form that is asked for ({kind.pattern})."


_MESSAGES: dict[str, Callable[[Json, Field | None], str]] = {
    "enum": _choose,
    "anyOf": _other,
    "type": _type,
    "pattern": _pattern,
    "minimum": lambda kind, _: f"This must be at least {number_text(kind.limit)}.",
    "maximum": lambda kind, _: f"This must be at most {number_text(kind.limit)}.",
    "multipleOf": lambda kind, _: f"This must be a multiple of {number_text(kind.multiple_of)}.",
    "minLength": lambda kind, _: f"Write at least {kind.limit} character(s).",
    "maxLength": lambda kind, _: f"Write at most {kind.limit} character(s).",
    "minItems": lambda kind, _: f"Give at least {kind.limit}.",
    "maxItems": lambda kind, _: f"Give at most {kind.limit}.",
    "uniqueItems": lambda _kind, _: "The same thing is given twice.",
    "contains": lambda _kind, _: "Only one “other” answer can be given.",
    "maxContains": lambda _kind, _: "Only one “other” answer can be given.",
}
