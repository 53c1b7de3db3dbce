"""Canonical texts of answers: equal if, and only if, two values are the same answer."""

import json
import unicodedata

from labels.refusal import Json


def missing_text_message(key: str) -> str:
    """Return the message that an item's payload lacks a text that a field needs."""
    return f"The item has no text “{key}” to mark spans in."


def normalized_text(text: str) -> str:
    """Return `text` in NFC, without outer white space and with single spaces inside."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def json_text(value: Json) -> str:
    """Return `value` as compact JSON with sorted keys."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def number_text(value: float) -> str:
    """Return one text for each number: -0, 0 and 0.0 give `0`; 2.50 gives `2.5`."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def option_text(value: Json) -> str:
    """Return the key of one chosen option, or of `{"other": text}`.

    The key of an option is its value. If that begins like JSON, it is quoted, so that it cannot
    equal the key of an "other" answer.
    """
    if isinstance(value, str):
        return json_text(value) if value[:1] in ("{", '"') else value
    return json_text({"other": normalized_text(value["other"]).casefold()})


def integer_if_whole(value: float) -> float:
    """Return `value` as an int if it is whole, so that 3.0 and 3 are stored alike."""
    return int(value) if float(value).is_integer() else float(value)
