"""Records as a flat table: which columns there are, and the cells of a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import labels
from labels.field import ColumnType
from schemas.canonical import canonical

PREFIX = "label."
"""Before the columns of the label's fields, so that none can be mistaken for another column."""

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
class Table:
    """The flat table of a dataset version, whose labels may be of several spec versions."""

    columns: Mapping[str, ColumnType]
    schemas: Mapping[int, labels.LabelSchema]

    @classmethod
    def of(cls, fields: Mapping[int, Sequence[Any]]) -> "Table":
        """The table for labels under these fields, by spec version."""
        schemas = {
            version: labels.compile_fields(list(own), ignore_unknown=True)
            for version, own in fields.items()
        }
        columns: dict[str, ColumnType] = dict(FIXED)
        for version in sorted(schemas):
            for field in schemas[version].fields:
                for column in field.columns():
                    name = PREFIX + column.name
                    # A column that changed its type between versions holds JSON for both.
                    columns[name] = columns.get(name, column.type)
                    if columns[name] != column.type:
                        columns[name] = "json"
        return cls(columns, schemas)

    def row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of a record; columns that it has not are absent."""
        cells: dict[str, Any] = {name: record.get(name) for name, _ in FIXED}
        schema = self.schemas[record["spec_version"]]
        for field in schema.fields:
            own = {column.name: column.type for column in field.columns()}
            for name, value in field.cells(record["label"].get(field.name)).items():
                # A cell of type `json` is text already.
                json_already = own[name] == "json"
                cells[PREFIX + name] = _Text(value) if json_already and value is not None else value
        return {name: _cell(cells.get(name), kind) for name, kind in self.columns.items()}


class _Text(str):
    """Text that holds JSON."""

    __slots__ = ()


def _cell(value: object, kind: ColumnType) -> object:
    if value is None or isinstance(value, _Text):
        return value
    if kind == "json":
        return canonical(value).decode()
    if kind == "number" and isinstance(value, int):
        return float(value)
    return value
