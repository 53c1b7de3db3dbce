"""Finds keys that occur twice in one JSON object.

RFC 8259 leaves open what such an object means, and parsers silently keep one of the values.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from schemas.json_values import json_pointer


class RepeatedKey(NamedTuple):
    """A key that occurs more than once in an object."""

    object_pointer: str
    """The JSON pointer of the object."""
    key: str

    @property
    def pointer(self) -> str:
        """The JSON pointer of the key's member."""
        return self.object_pointer + json_pointer(self.key)

    def sentence(self) -> str:
        """Return a message about the key."""
        return f"The key '{self.key[:100]}' occurs more than once in one object."


class _Repeating(dict[str, Any]):
    """An object with a repeated key, made by the hook of the parser."""

    key: str


def repeated_keys(text: bytes | str) -> list[RepeatedKey]:
    """Return the first repeated key of each object in `text`, which must be valid JSON.

    Objects within a value that a repeated key overwrites are not checked.
    """
    found: list[_Repeating] = []

    def to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        repeating = _Repeating(value)
        repeating.key = _first_repeated(pairs)
        found.append(repeating)
        return repeating

    # Numbers stay text: their value does not matter here, and converting long ones is slow.
    value = json.loads(
        text, object_pairs_hook=to_object, parse_int=str, parse_float=str, strict=False
    )
    return list(_located(value, "")) if found else []


def _first_repeated(pairs: Sequence[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return key
        seen.add(key)
    raise AssertionError("No key is repeated.")


def _located(value: object, pointer: str) -> Iterator[RepeatedKey]:
    if isinstance(value, _Repeating):
        yield RepeatedKey(pointer, value.key)
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _located(member, pointer + json_pointer(key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _located(member, pointer + json_pointer(index))
