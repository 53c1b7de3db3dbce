"""Reads one definition: each `take_…` checks one key and records a refusal if it is invalid.

Keys that were not taken are unknown: the keys that a kind takes are the keys that it allows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from labels.canonical_text import number_text
from labels.refusal import Json, Refusal
from schemas.json_values import INTEGER_MAX, json_pointer

OPTIONS_MAX = 1000
TITLE_MAX = 200
HELP_MAX = 10_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Default = TypeVar("Default", int, float, float | None, int | None)


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its stable value, its title (which may change), its hotkey."""

    value: str
    title: str
    key: str | None = None


class Reader:
    """Reads one definition at the JSON pointer `at` and collects the refusals."""

    def __init__(
        self,
        source: Mapping[str, Json],
        at: str,
        refusals: list[Refusal],
        *,
        ignore_unknown: bool = False,
    ) -> None:
        """Read `source` and append to `refusals`; `ignore_unknown` accepts unknown keys."""
        self._ignore_unknown = ignore_unknown
        self._source = source
        self._at = at
        self._refusals = refusals
        self._taken: set[str] = set()

    def refuse(self, key: str, keyword: str, message: str) -> None:
        """Record that the value of `key` is refused, and why."""
        self._refusals.append(Refusal(self._at + json_pointer(key), keyword, message))

    def has(self, key: str) -> bool:
        """Return True if the definition has `key`."""
        return key in self._source

    def take(self, key: str, default: Json = None) -> Json:
        """Return the unchecked value of `key`, `default` if it is absent."""
        self._taken.add(key)
        return self._source.get(key, default)

    def take_text(self, key: str, default: str, *, limit: int = TITLE_MAX) -> str:
        """Return a text of 1 to `limit` code points that is not blank."""
        value = self.take(key, default)
        if key not in self._source:
            return default
        if not isinstance(value, str):
            self.refuse(key, "type", f"“{key}” must be text.")
        elif not value.strip() or len(value) > limit:
            self.refuse(key, "length", f"“{key}” must have 1 to {limit} characters.")
        else:
            return value
        return default

    def take_flag(self, key: str, default: bool) -> bool:
        """Return a boolean."""
        value = self.take(key, default)
        if isinstance(value, bool):
            return value
        self.refuse(key, "type", f"“{key}” must be true or false.")
        return default

    def take_word(self, key: str, words: tuple[str, ...]) -> str:
        """Return one of `words`; the first is the default."""
        value = self.take(key, words[0])
        if isinstance(value, str) and value in words:
            return value
        self.refuse(key, "enum", f"“{key}” must be one of {', '.join(words)}.")
        return words[0]

    def take_number(
        self, key: str, default: Default, low: float = -INTEGER_MAX, high: float = INTEGER_MAX
    ) -> Default:
        """Return a number in [low, high]."""
        value = self.take(key)
        if key not in self._source:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, "type", f"“{key}” must be a number.")
        elif not low <= value <= high:
            limits = f"{number_text(low)} to {number_text(high)}"
            self.refuse(key, "range", f"“{key}” must be in the range {limits}.")
        else:
            return value  # type: ignore[return-value]
        return default

    def take_count(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number in [low, high]."""
        value = self.take_number(key, default, low, high)
        if float(value).is_integer():
            return int(value)
        self.refuse(key, "type", f"“{key}” must be a whole number.")
        return default

    def take_options(self, least: int, most: int = OPTIONS_MAX) -> tuple[Option, ...]:
        """Return `least` to `most` options with different values and hotkeys."""
        source = self.take("options", [])
        if not isinstance(source, list) or not least <= len(source) <= most:
            self.refuse("options", "options", f"Give {least} to {most} options, as a list.")
            return ()
        options = [self._option(index, raw) for index, raw in enumerate(source)]
        read = tuple(option for option in options if option is not None)
        self._refuse_repeated("value", [option.value for option in read])
        self._refuse_repeated("key", [option.key for option in read if option.key is not None])
        return read

    def _option(self, index: int, raw: Json) -> Option | None:
        at = self._at + json_pointer("options", index)
        if isinstance(raw, str):
            raw = {"value": raw}
        if not isinstance(raw, dict):
            message = "An option is its value, or an object with value, title and key."
            if isinstance(raw, int | float):
                message = f'An option is a text: put quotes around it, "{str(raw).lower()}".'
            self._refusals.append(Refusal(at, "type", message))
            return None
        before = len(self._refusals)
        reader = Reader(raw, at, self._refusals, ignore_unknown=self._ignore_unknown)
        option = _read_option(reader)
        reader.finish()
        return option if len(self._refusals) == before else None

    def _refuse_repeated(self, property_name: str, values: list[str]) -> None:
        for value in sorted({value for value in values if values.count(value) > 1}):
            self.refuse(
                "options", "unique", f"The option {property_name} “{value}” is there twice."
            )

    def finish(self) -> None:
        """Refuse every key that was not taken, unless unknown keys are ignored."""
        if self._ignore_unknown:
            return
        for key in sorted(set(self._source) - self._taken):
            self.refuse(key, "unknown", f"“{key}” is not known here.")


def _read_option(reader: Reader) -> Option:
    if not reader.has("value"):
        reader.refuse("value", "required", "An option needs a value.")
    value = reader.take_text("value", "")
    if _CONTROL.search(value) or value != value.strip():
        message = "An option's value has no control characters and no spaces around it."
        reader.refuse("value", "pattern", message)
    title = reader.take_text("title", value)
    key = reader.take_text("key", "", limit=20)
    return Option(value, title, key or None)
