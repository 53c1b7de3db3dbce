"""The errors of pydantic in plain words."""

from collections.abc import Callable, Mapping
from typing import Any

_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "It is required, and not there.",
    "extra_forbidden": lambda _: "No such property is known here: leave it out.",
    "string_type": lambda _: "It must be text.",
    "string_too_short": lambda c: f"It must have at least {_count(c['min_length'], 'character')}.",
    "string_too_long": lambda c: f"It may have at most {_count(c['max_length'], 'character')}.",
    "string_pattern_mismatch": lambda _: "It does not have the expected form.",
    "dict_type": lambda _: "It must be an object.",
    "model_type": lambda _: "It must be an object.",
    "list_type": lambda _: "It must be a list.",
    "too_long": lambda c: f"It may have at most {_count(c['max_length'], 'entry', 'entries')}.",
    "too_short": lambda c: f"It must have at least {_count(c['min_length'], 'entry', 'entries')}.",
    "int_type": lambda _: "It must be a whole number.",
    "int_from_float": lambda _: "It must be a whole number.",
    "float_type": lambda _: "It must be a number.",
    "bool_type": lambda _: "It must be true or false.",
    "finite_number": lambda _: "It must be a finite number.",
    "greater_than_equal": lambda c: f"It must be at least {c['ge']}.",
    "less_than_equal": lambda c: f"It may be at most {c['le']}.",
    "greater_than": lambda c: f"It must be more than {c['gt']}.",
    "less_than": lambda c: f"It must be less than {c['lt']}.",
    "literal_error": lambda c: f"It must be {c['expected']}.",
    "uuid_parsing": lambda _: "It must be an id (UUID).",
    "uuid_type": lambda _: "It must be an id (UUID).",
    "datetime_type": lambda _: _TIME,
    "datetime_parsing": lambda _: _TIME,
    "datetime_from_date_parsing": lambda _: _TIME,
    "timezone_aware": lambda _: _TIME,
}
_TIME = "It must be a time with its zone, such as 2026-01-31T12:00:00Z."


def plain_words(error: Mapping[str, Any]) -> str:
    """Return a sentence for an entry of `ValidationError.errors()`.

    The message of an error that is raised by our own validators is returned as it is.
    """
    words = _WORDS.get(error["type"])
    if words is not None:
        return words(error.get("ctx", {}))
    message = str(error["msg"]).removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."


def _count(number: int, unit: str, units: str | None = None) -> str:
    return f"{number:,} {unit if number == 1 else units or unit + 's'}"
