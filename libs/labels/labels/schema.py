"""A list of fields compiled: one JSON Schema for the whole label, and its check."""

from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType

import jsonschema_rs

from labels.definitions import read_fields
from labels.field import Field
from labels.refusal import Json, Refusal, pointer
from labels.sentences import refusals_of
from labels.storable import REFUSALS_MAX, unstorable
from labels.texts import missing_text

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class LabelSchema:
    """What a label must be. Make it with `compile_fields`; it is immutable and cheap to keep."""

    __slots__ = ("_by_name", "_examined", "_is_valid", "_validator", "fields", "json_schema")

    def __init__(self, fields: tuple[Field, ...]) -> None:
        """Compile `fields`, which `read_fields` has read."""
        self.fields = fields
        self.json_schema = label_schema(fields)
        self._by_name: Mapping[str, Field] = MappingProxyType({f.name: f for f in fields})
        self._examined = tuple(field for field in fields if field.unwritten)
        self._validator = jsonschema_rs.validator_for(
            self.json_schema, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
        self._is_valid = self._validator.is_valid

    def field(self, name: str) -> Field:
        """The field called `name`; KeyError if there is none."""
        return self._by_name[name]

    def check(self, label: object, payload: object = None) -> list[Refusal]:
        """Why `label` is not a label of these fields; an empty list if it is one.

        `payload` is the item's; without it, what a label says about the item (the quotes of spans)
        is not checked against it. Never raises on JSON values, however hostile; at most 100
        refusals.
        """
        try:
            if not self._is_valid(label):
                return self._refusals(label)
        except (ValueError, TypeError, RecursionError):
            # Lone surrogates, or what is not JSON at all.
            return self._refusals(label)
        return self._examine(label, payload) if self._examined else []

    def quotes_payload(self, label: Mapping[str, Json]) -> bool:
        """Return True if a label says something that only the item's payload can prove right.

        `label` must be one that `check` accepts without a payload.
        """
        return any(field.payload_texts and label.get(field.name) for field in self._examined)

    def check_payload(self, payload: Mapping[str, Json]) -> list[Refusal]:
        """Return why no complete label of an item with this payload is possible, if so.

        A field that quotes a text needs it, also where it need not be answered: without the text
        nothing but a blank is accepted. Fields that are asked under a condition are left out: the
        answer that they depend on may say that there is no text.
        """
        missing = {
            key
            for field in self._examined
            if field.condition is None
            for key in field.payload_texts
            if not isinstance(payload.get(key), str)
        }
        return [Refusal(pointer(key), "text_field", missing_text(key)) for key in sorted(missing)]

    def _refusals(self, label: object) -> list[Refusal]:
        if faults := unstorable(label):
            return faults
        errors = self._validator.iter_errors(label)
        found = (refusal for error in errors for refusal in refusals_of(error, self._by_name))
        return list(islice(found, REFUSALS_MAX))

    def _examine(self, label: Json, payload: object) -> list[Refusal]:
        found = (
            Refusal(pointer(field.name) + fault.pointer, fault.keyword, fault.message)
            for field in self._examined
            if field.name in label
            for fault in field.examine(label[field.name], payload)
        )
        return list(islice(found, REFUSALS_MAX))


def compile_fields(fields: object, *, ignore_unknown: bool = False) -> LabelSchema:
    """The label schema of these definitions. Raises InvalidFields with everything that is wrong.

    `ignore_unknown` is for definitions that were published, perhaps by a newer release.
    """
    return LabelSchema(read_fields(fields, ignore_unknown=ignore_unknown))


def label_schema(fields: tuple[Field, ...]) -> dict[str, Json]:
    """The JSON Schema (2020-12) of a label: no other keys, and no field that is not asked."""
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
    asked = by_name[name].when(field.condition.values)
    rule: dict[str, Json] = {
        "if": {"properties": {name: asked}, "required": [name]},
        "else": {"properties": {field.name: False}},
    }
    return rule | {"then": {"required": [field.name]}} if field.required else rule
