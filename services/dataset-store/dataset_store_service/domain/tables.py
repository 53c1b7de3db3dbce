"""Records as a flat table: its columns, and the cells of a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import labels
from labels.field import ColumnType
from schemas.canonical import canonical

PREFIX = "label."
"""The prefix of columns for label fields, which keeps their names apart from the fixed ones."""

FIXED: tuple[tuple[str, ColumnType], ...] = (
    ("item_id", "string"),
    ("external_id", "string"),
    ("payload", "json"),
    ("payload_sha256", "string"),
    ("metadata", "json"),
    ("source", "string"),
    ("label", "json"),
    ("how", "string"),
    ("why", "string"),
    ("confidence", "number"),
    ("distribution", "json"),
    ("spec_version", "integer"),
    ("decision_no", "integer"),
    ("annotations", "json"),
    ("adjudication", "json"),
)


@dataclass(frozen=True, slots=True)
class FlatTable:
    """The columns of a dataset version, whose labels may belong to several spec versions."""

    columns: Mapping[str, ColumnType]
    schemas: Mapping[int, labels.LabelSchema]

    @classmethod
    def for_fields(cls, fields: Mapping[int, Sequence[Any]]) -> Self:
        """Return the table for labels with these fields, given by spec version."""
        schemas = {
            version: labels.compile_fields(list(definitions), ignore_unknown=True)
            for version, definitions in fields.items()
        }
        columns: dict[str, ColumnType] = dict(FIXED)
        for version in sorted(schemas):
            for field in schemas[version].fields:
                for column in field.columns():
                    name = PREFIX + column.name
                    # A column whose type differs between spec versions holds JSON.
                    columns[name] = columns.get(name, column.type)
                    if columns[name] != column.type:
                        columns[name] = "json"
        return cls(columns, schemas)

    def row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the cells of a record by column; None for columns that it does not have."""
        cells: dict[str, Any] = {name: record.get(name) for name, _ in FIXED}
        schema = self.schemas[record["spec_version"]]
        for field in schema.fields:
            types = {column.name: column.type for column in field.columns()}
            for name, value in field.cells(record["label"].get(field.name)).items():
                # The cell of a `json` column is already JSON text.
                is_json = types[name] == "json" and value is not None
                cells[PREFIX + name] = _JsonText(value) if is_json else value
        return {name: _cell(cells.get(name), kind) for name, kind in self.columns.items()}


class _JsonText(str):
    """A cell that is already JSON text."""

    __slots__ = ()


def _cell(value: object, kind: ColumnType) -> object:
    if value is None or isinstance(value, _JsonText):
        return value
    if kind == "json":
        return canonical(value).decode()
    if kind == "number" and isinstance(value, int):
        return float(value)
    return value
