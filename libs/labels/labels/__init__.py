"""The fields of a label: their kinds, definitions, checks, distances and migrations."""

from labels.compatibility import Compatibility, check_migration, compatibility
from labels.definitions import check_fields
from labels.field import Column, Condition, Field
from labels.kinds import KINDS
from labels.migration import migrate
from labels.reader import Option
from labels.refusal import InvalidFields, InvalidMigration, Refusal
from labels.schema import LabelSchema, compile_fields

__all__ = [
    "KINDS",
    "Column",
    "Compatibility",
    "Condition",
    "Field",
    "InvalidFields",
    "InvalidMigration",
    "LabelSchema",
    "Option",
    "Refusal",
    "check_fields",
    "check_migration",
    "compatibility",
    "compile_fields",
    "migrate",
]
