"""The compiled fields of a label: one JSON Schema for the whole label, and its check."""

from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType

import jsonschema_rs

from labels.canonical_text import missing_text_message
from labels.definitions import read_fields
from labels.error_messages import refusals_from
from labels.field import Field
from labels.json_limits import REFUSALS_MAX, json_refusals
from labels.refusal import Json, Refusal
from schemas.json_values import json_pointer

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class LabelSchema:
    """The schema of a label, immutable; made by `compile_fields`."""

    __slots__ = (
        "_by_name",
        "_fields_with_extra_rules",
        "_is_valid",
        "_validator",
        "fields",
        "json_schema",
    )

    def __init__(self, fields: tuple[Field, ...]) -> None:
        """Compile `fields`, as `read_fields` returns them."""
        self.fields = fields
        self.json_schema = label_schema(fields)
        self._by_name: Mapping[str, Field] = MappingProxyType({f.name: f for f in fields})
        self._fields_with_extra_rules = tuple(field for field in fields if field.extra_rules)
        self._validator = jsonschema_rs.validator_for(
            self.json_schema, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
        self._is_valid = self._validator.is_valid

    def field(self, name: str) -> Field:
        """Return the field called `name`. Raises KeyError if there is none."""
        return self._by_name[name]

    def check(self, label: object, payload: object = None) -> list[Refusal]:
        """Return the reasons why `label` is not valid, at most 100; empty if it is valid.

        `payload` is the item's; without it, what a label says about the item (the quotes of spans)
        is not checked against it. Never raises on JSON values, however hostile.
        """
        try:
            if not self._is_valid(label):
                return self._refusals(label)
        except (ValueError, TypeError, RecursionError):
            # Lone surrogates, or a value that is not JSON.
            return self._refusals(label)
        return self._examine(label, payload) if self._fields_with_extra_rules else []

    def quotes_payload(self, label: Mapping[str, Json]) -> bool:
        """Return True if a label says something that only the item's payload can prove right.

        `label` must be one that `check` accepts without a payload.
        """
        return any(
            field.quoted_payload_keys and label.get(field.name)
            for field in self._fields_with_extra_rules
        )

    def check_payload(self, payload: Mapping[str, Json]) -> list[Refusal]:
        """Return the reasons why an item with this payload cannot get a complete label.

        A field that quotes a text of the payload needs it, even if the field is not required:
        without the text only an empty answer is accepted. Fields with a condition are left out:
        the answer that they depend on may say that there is no text.
        """
        missing = {
            key
            for field in self._fields_with_extra_rules
            if field.condition is None
            for key in field.quoted_payload_keys
            if not isinstance(payload.get(key), str)
        }
        return [
            Refusal(json_pointer(key), "text_field", missing_text_message(key))
            for key in sorted(missing)
        ]

    def _refusals(self, label: object) -> list[Refusal]:
        if faults := json_refusals(label):
            return faults
        errors = self._validator.iter_errors(label)
        found = (refusal for error in errors for refusal in refusals_from(error, self._by_name))
        return list(islice(found, REFUSALS_MAX))

    def _examine(self, label: Json, payload: object) -> list[Refusal]:
        found = (
            Refusal(json_pointer(field.name) + fault.pointer, fault.keyword, fault.message)
            for field in self._fields_with_extra_rules
            if field.name in label
            for fault in field.check_extra_rules(label[field.name], payload)
        )
        return list(islice(found, REFUSALS_MAX))


def compile_fields(fields: object, *, ignore_unknown: bool = False) -> LabelSchema:
    """Return the label schema of these definitions. Raises InvalidFields with every reason.

    `ignore_unknown` ignores unknown keys: use it for published definitions, which may come from a
    newer release.
    """
    return LabelSchema(read_fields(fields, ignore_unknown=ignore_unknown))


def label_schema(fields: tuple[Field, ...]) -> dict[str, Json]:
    """Return the JSON Schema (2020-12) of a label.

    It refuses unknown keys, and fields whose condition does not hold.
    """
    by_name = {field.name: field for field in fields}
    schema: dict[str, Json] = {
        "$schema": DIALECT,
        "type": "object",
        "properties": {field.name: _described(field) for field in fields},
        "required": [f.name for f in fields if f.required and f.condition is None],
        "additionalProperties": False,
    }
    conditions = [_conditional(field, by_name) for field in fields if field.condition is not None]
    return schema | {"allOf": conditions} if conditions else schema


def _described(field: Field) -> dict[str, Json]:
    words = {"title": field.title} | ({"description": field.help} if field.help else {})
    return words | field.schema()


def _conditional(field: Field, by_name: Mapping[str, Field]) -> dict[str, Json]:
    assert field.condition is not None
    name = field.condition.field
    condition = by_name[name].schema_of_any(field.condition.values)
    rule: dict[str, Json] = {
        "if": {"properties": {name: condition}, "required": [name]},
        "else": {"properties": {field.name: False}},
    }
    return rule | {"then": {"required": [field.name]}} if field.required else rule
