"""Refusals: the reasons why a label, a definition or a migration is not accepted."""

from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value whose shape a JSON Schema has checked, which the type checker cannot express."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a value is not accepted.

    `pointer` is the RFC 6901 JSON pointer of the refused part ("" is the whole value; a missing
    part is pointed at where it should be). `keyword` is a JSON Schema keyword or one of the names
    in `docs/labels.md`; it is stable. `message` is a sentence for people.
    """

    pointer: str
    keyword: str
    message: str


class InvalidFields(ValueError):
    """Raised for invalid field definitions; `refusals` says where and why."""

    def __init__(self, refusals: list[Refusal]) -> None:
        """Carry `refusals`, and speak them."""
        super().__init__("; ".join(f"{r.pointer}: {r.message}" for r in refusals))
        self.refusals = refusals


class InvalidMigration(ValueError):
    """Raised for a migration that does not fit the two versions; `refusals` says where and why."""

    def __init__(self, refusals: list[Refusal]) -> None:
        """Carry `refusals`, and speak them."""
        super().__init__("; ".join(f"{r.pointer}: {r.message}" for r in refusals))
        self.refusals = refusals
