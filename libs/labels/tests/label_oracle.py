"""An oracle that decides in plain Python, for each kind, if a value is an answer."""

import math
from decimal import Decimal
from typing import Any

LARGEST = 2**53 - 1
_INVISIBLE = [0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF]
"""Invisible code points that are no spaces to Python."""


def accepts(own: dict[str, Any], value: Any) -> bool:
    return _ORACLES[own["kind"]](own, value)


def has_content(text: str) -> bool:
    return any(not part.isspace() and ord(part) not in _INVISIBLE for part in text)


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= part <= "\udfff" for part in text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


def _is_other(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"other"}
        and isinstance(value["other"], str)
        and 1 <= len(value["other"]) <= 500
        and has_content(value["other"])
        and _storable(value["other"])
    )


def _named(own: dict[str, Any], value: Any) -> bool:
    return isinstance(value, str) and value in own["options"]


def _choice(own: dict[str, Any], value: Any) -> bool:
    return _named(own, value) or (own.get("other", False) and _is_other(value))


def _choices(own: dict[str, Any], value: Any) -> bool:
    return (
        isinstance(value, list)
        and own["min_items"] <= len(value) <= own["max_items"]
        and all(_choice(own, part) for part in value)
        and sum(isinstance(part, dict) for part in value) <= 1
        and len({repr(part) for part in value}) == len(value)
    )


def _rating(own: dict[str, Any], value: Any) -> bool:
    return _is_integer(value) and own["minimum"] <= value <= own["maximum"]


def _number(own: dict[str, Any], value: Any) -> bool:
    low, high = own.get("minimum", -LARGEST), own.get("maximum", LARGEST)
    if not _is_number(value) or not low <= value <= high:
        return False
    return "step" not in own or Decimal(str(value)) % Decimal(str(own["step"])) == 0


def _text(own: dict[str, Any], value: Any) -> bool:
    return (
        isinstance(value, str)
        and _storable(value)
        and own["min_length"] <= len(value) <= own["max_length"]
        and (own["min_length"] == 0 or has_content(value))
    )


def _listed(own: dict[str, Any], value: Any, keys: set[str]) -> bool:
    keys = keys | ({"label"} if "options" in own else set())
    return (
        isinstance(value, list)
        and len(value) <= own["max_items"]
        and all(isinstance(part, dict) and set(part) == keys for part in value)
        and all(_named(own, part["label"]) for part in value if "label" in keys)
    )


def _spans(own: dict[str, Any], value: Any) -> bool:
    if not _listed(own, value, {"start", "end", "quote"}):
        return False
    for part in value:
        ends = part["start"], part["end"]
        if not all(map(_is_integer, ends)) or not 0 <= ends[0] < ends[1] <= 10_000_000:
            return False
        if not isinstance(part["quote"], str) or not _storable(part["quote"]):
            return False
        if len(part["quote"]) != ends[1] - ends[0]:
            return False
    if any(a == b for i, a in enumerate(value) for b in value[:i]):
        return False
    pairs = [(a, b) for i, a in enumerate(value) for b in value[:i]]
    return own["overlapping"] or not any(
        a["start"] < b["end"] and b["start"] < a["end"] for a, b in pairs
    )


def _boxes(own: dict[str, Any], value: Any) -> bool:
    if not _listed(own, value, {"x", "y", "width", "height"}):
        return False
    for part in value:
        if not all(_is_number(part[key]) for key in ("x", "y", "width", "height")):
            return False
        if min(part["x"], part["y"]) < 0 or min(part["width"], part["height"]) < 1e-6:
            return False
        if max(part["x"] + part["width"], part["y"] + part["height"]) > 1 + 1e-9:
            return False
        if max(part.values(), key=lambda side: -1 if isinstance(side, str) else side) > 1:
            return False
    return not any(a == b for i, a in enumerate(value) for b in value[:i])


def _ranking(own: dict[str, Any], value: Any) -> bool:
    return (
        isinstance(value, list)
        and own["min_items"] <= len(value) <= own["max_items"]
        and all(_named(own, part) for part in value)
        and len(set(value)) == len(value)
    )


def _pairwise(own: dict[str, Any], value: Any) -> bool:
    return _named(own, value) or (own["tie"] and isinstance(value, str) and value == "tie")


_ORACLES = {
    "choice": _choice,
    "choices": _choices,
    "rating": _rating,
    "number": _number,
    "text": _text,
    "spans": _spans,
    "boxes": _boxes,
    "ranking": _ranking,
    "pairwise": _pairwise,
}
