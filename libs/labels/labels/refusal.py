"""What is wrong with a label or with the definition of its fields, said to who can mend it."""

from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value whose shape the schema has checked; the type checker does not know it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a value is not accepted.

    `pointer` is the RFC 6901 JSON pointer of the offending place ("" is the whole value; what is
    missing is pointed at where it should stand). `keyword` is a JSON Schema keyword or one of the
    names in `docs/labels.md`; it is stable. `message` is a sentence for people.
    """

    pointer: str
    keyword: str
    message: str


class InvalidFields(ValueError):
    """These field definitions are not valid; `refusals` says where and why."""

    def __init__(self, refusals: list[Refusal]) -> None:
        """Carry `refusals`, and speak them."""
        super().__init__("; ".join(f"{r.pointer}: {r.message}" for r in refusals))
        self.refusals = refusals


class InvalidMigration(ValueError):
    """This migration does not fit the two versions; `refusals` says where and why."""

    def __init__(self, refusals: list[Refusal]) -> None:
        """Carry `refusals`, and speak them."""
        super().__init__("; ".join(f"{r.pointer}: {r.message}" for r in refusals))
        self.refusals = refusals


def pointer(*path: object) -> str:
    """The RFC 6901 JSON pointer of `path`, each part a key or an index."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
