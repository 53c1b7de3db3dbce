"""Limits of JSON values that every reader keeps exact and PostgreSQL can store.

Readers disagree about integers beyond 2^53 (RFC 7493), NaN is not JSON, and PostgreSQL stores
neither NUL nor a lone surrogate. The check uses an explicit stack, because a hostile value may be
nested deeper than Python recurses.
"""

import math
from collections.abc import Iterator

from labels.refusal import Refusal
from schemas.json_values import INTEGER_MAX, json_pointer

DEPTH_MAX = 64
REFUSALS_MAX = 100

_Path = tuple[object, ...]


def json_refusals(value: object) -> list[Refusal]:
    """Return a refusal for each part of `value` that cannot be stored, at most `REFUSALS_MAX`."""
    refusals: list[Refusal] = []
    stack: list[tuple[_Path, object]] = [((), value)]
    while stack and len(refusals) < REFUSALS_MAX:
        path, part = stack.pop()
        why = _own_fault(part, len(path))
        if why is not None:
            refusals.append(Refusal(json_pointer(*map(_printable, path)), *why))
        else:
            stack.extend(_parts(path, part))
    return refusals


def _own_fault(value: object, depth: int) -> tuple[str, str] | None:
    """Return the keyword and the message of the fault in `value` itself, not in its parts."""
    if isinstance(value, str):
        return _text_fault(value)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _number_fault(value)
    if not isinstance(value, dict | list):
        return "type", "This is not a JSON value."
    if depth > DEPTH_MAX:
        return "depth", f"This is nested deeper than {DEPTH_MAX} levels."
    return _key_fault(value) if isinstance(value, dict) else None


def _number_fault(value: float) -> tuple[str, str] | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "finite", "This is not a number that can be written in JSON."
    if abs(value) > INTEGER_MAX:
        return "range", "This number is too large to be kept exactly."
    return None


def _text_fault(text: str) -> tuple[str, str] | None:
    """Return the keyword and the message for text that cannot be stored; None if it can be."""
    if "\x00" in text:
        return "nul", "This text contains the character NUL, which cannot be stored."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "unicode", "This text contains half a character (a lone surrogate)."
    return None


def _key_fault(value: dict[object, object]) -> tuple[str, str] | None:
    for key in value:
        if not isinstance(key, str):
            return "type", "A key of this object is not text."
        if (fault := _text_fault(key)) is not None:
            return fault[0], "A key of this object cannot be stored."
    return None


def _parts(path: _Path, value: object) -> Iterator[tuple[_Path, object]]:
    if isinstance(value, dict):
        yield from (((*path, key), part) for key, part in value.items())
    elif isinstance(value, list):
        yield from (((*path, index), part) for index, part in enumerate(value))


def _printable(part: object) -> str:
    return str(part).encode(errors="replace").decode()
