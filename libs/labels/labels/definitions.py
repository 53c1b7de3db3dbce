"""Reads a list of field definitions into fields, or into all reasons why it is invalid."""

import re
from collections.abc import Mapping

from labels.field import CommonProperties, Condition, Field
from labels.json_limits import json_refusals
from labels.kinds import KINDS
from labels.reader import HELP_MAX, Reader
from labels.refusal import InvalidFields, Json, Refusal
from schemas.json_values import json_pointer

FIELDS_MAX = 100
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_UNNAMED = ""


def check_fields(fields: object) -> list[Refusal]:
    """Return the reasons why these definitions are invalid; empty if valid. Never raises."""
    return _read(fields)[1]


def readable_fields(fields: object) -> tuple[dict[int, Field], list[Refusal]]:
    """Return the valid fields by their index, and the reasons why others are invalid."""
    return _read(fields)


def read_fields(fields: object, *, ignore_unknown: bool = False) -> tuple[Field, ...]:
    """Return the fields that the definitions describe. Raises InvalidFields with every reason.

    `ignore_unknown` ignores unknown keys, which a newer release may have stored.
    """
    read, refusals = _read(fields, ignore_unknown=ignore_unknown)
    if refusals:
        raise InvalidFields(refusals)
    return tuple(read.values())


def _read(
    fields: object, *, ignore_unknown: bool = False
) -> tuple[dict[int, Field], list[Refusal]]:
    if faults := json_refusals(fields):
        return {}, faults
    if not isinstance(fields, list) or not 1 <= len(fields) <= FIELDS_MAX:
        return {}, [Refusal("", "fields", f"Give a list of 1 to {FIELDS_MAX} fields.")]
    refusals: list[Refusal] = []
    earlier: dict[str, Field | None] = {}
    read: dict[int, Field] = {}
    for index, definition in enumerate(fields):
        if not isinstance(definition, dict):
            refusals.append(Refusal(json_pointer(index), "type", "A field is an object."))
            continue
        reader = Reader(definition, json_pointer(index), refusals, ignore_unknown=ignore_unknown)
        before = len(refusals)
        name, field = _read_field(reader, earlier)
        is_valid = field is not None and len(refusals) == before
        earlier[name] = field if is_valid else None
        if field is not None and is_valid:
            read[index] = field
    return read, refusals


def _read_field(reader: Reader, earlier: Mapping[str, Field | None]) -> tuple[str, Field | None]:
    """Return the field's name and the field, None if invalid; the reader collects the reasons."""
    name = _read_name(reader, earlier)
    common = CommonProperties(
        name=name,
        title=reader.take_text("title", name),
        help=reader.take_text("help", "", limit=HELP_MAX),
        required=reader.take_flag("required", True),
        condition=_read_condition(reader, earlier),
    )
    kind = reader.take("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        reader.refuse("kind", "kind", f"“kind” must be one of {', '.join(KINDS)}.")
        return name, None
    field = KINDS[kind].read(reader, **common)
    reader.finish()
    return name, field


def _read_name(reader: Reader, earlier: Mapping[str, object]) -> str:
    name = reader.take("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        message = "A name is a small letter, then small letters, digits and _ (63 at most)."
        reader.refuse("name", "pattern", message)
        return _UNNAMED
    if name in earlier:
        reader.refuse("name", "unique", f"There is a field “{name}” already.")
    return name


def _read_condition(reader: Reader, earlier: Mapping[str, Field | None]) -> Condition | None:
    if not reader.has("required_if"):
        return None
    raw = reader.take("required_if")
    if not isinstance(raw, dict) or set(raw) != {"field", "in"}:
        reader.refuse("required_if", "type", "“required_if” is {“field”: …, “in”: […]}.")
        return None
    name, values = raw["field"], raw["in"]
    if not isinstance(name, str) or name not in earlier:
        reader.refuse("required_if", "field", "“required_if” names a field that stands before.")
        return None
    field = earlier[name]
    # A field that is itself refused was reported already; its options are not known.
    known = [] if field is None else _condition_answers(field, values)
    if field is not None and known is None:
        message = f"“in” is a list of different answers to “{name}” that can be chosen."
        reader.refuse("required_if", "in", message)
    return Condition(name, tuple(known or ()))


def _condition_answers(field: Field, values: Json) -> list[Json] | None:
    """Return `values` if they are different answers to `field`, at least one; else None."""
    if not isinstance(values, list) or not values:
        return None
    answers = {type(answer): answer for answer in field.answers}
    if not all(type(value) in answers and value in field.answers for value in values):
        return None
    return values if len(set(values)) == len(values) else None
