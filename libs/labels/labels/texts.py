"""Text that stands for a value: the same text if, and only if, the value is the same answer."""

import json
import unicodedata

from labels.refusal import Json


def missing_text(key: str) -> str:
    """Say that an item's payload lacks a text that a field needs."""
    return f"The item has no text “{key}” to mark spans in."


def plain(text: str) -> str:
    """`text` without what nobody means by it: NFC, outer spaces gone, inner ones single."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def json_text(value: Json) -> str:
    """Compact JSON with sorted keys."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def number_text(value: float) -> str:
    """One text for each number: -0, 0 and 0.0 are `0`; 2.50 is `2.5`."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def option_text(value: Json) -> str:
    """The key of one chosen option, or of `{"other": text}`.

    An option stands for itself unless it begins like JSON; then it is quoted, so that no option
    can pose as an "other" answer.
    """
    if isinstance(value, str):
        return json_text(value) if value[:1] in ("{", '"') else value
    return json_text({"other": plain(value["other"]).casefold()})


def neat(value: float) -> float:
    """`value` as an int where it is whole, so that 3.0 and 3 are stored alike."""
    return int(value) if float(value).is_integer() else float(value)
