"""`text`: free text, such as a transcription, a translation or a rationale."""

import re
from dataclasses import dataclass
from typing import Self, Unpack

import jsonschema_rs

from labels.aggregation import plurality
from labels.canonical_text import normalized_text
from labels.field import Column, CommonProperties, Field, Metric
from labels.kinds.shared import text_schema
from labels.levenshtein import normalized_edit_distance
from labels.reader import Reader
from labels.refusal import Json

LENGTH_MAX = 100_000
LENGTH_DEFAULT = 10_000
PATTERN_MAX = 1000
_ESCAPE = re.compile(r"\\(x\{|.)(?:(?<=[pPu])\{\w*\})?", re.DOTALL)
_ESCAPES = frozenset("dDwWsSbBnrtfv0pPux^$\\.*+?()[]{}|/-")
_UNPORTABLE = re.compile(r"\(\?(?![:<])|\[\[|&&|--|~~|[+*?}]\+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """Value: a string of at most `max_length` code points. `tolerance` is an edit distance."""

    kind = "text"

    min_length: int
    max_length: int
    pattern: str | None
    ignore_case: bool

    @classmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
        """Keys: min_length (1), max_length (10,000), pattern, ignore_case, tolerance (0)."""
        low = reader.take_count("min_length", 1, 0, LENGTH_MAX)
        high = reader.take_count("max_length", max(LENGTH_DEFAULT, low), 1, LENGTH_MAX)
        if low > high:
            reader.refuse("min_length", "range", "“min_length” is larger than “max_length”.")
        return cls(
            min_length=low,
            max_length=high,
            pattern=_read_pattern(reader),
            ignore_case=reader.take_flag("ignore_case", False),
            tolerance=reader.take_number("tolerance", 0.0, 0, 0.99),
            **common,
        )

    @property
    def metric(self) -> Metric:
        """`distance`: texts have a distance."""
        return "distance"

    def schema(self) -> dict[str, Json]:
        """Return the schema of a string within the limits."""
        return text_schema(self.max_length, self.min_length, self.pattern)

    def key(self, value: Json) -> str:
        """Return the text in NFC without extra spaces, in lower case if case is ignored."""
        return normalized_text(value.casefold()) if self.ignore_case else normalized_text(value)

    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return the normalized edit distance of the keys (Li and Liu, 2007)."""
        return normalized_edit_distance(self.key(first), self.key(second))

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the text with most weight, if at least two wrote it: texts cannot be averaged."""
        keys = [self.key(value) for value in values]
        repeated = [keys.count(key) > 1 for key in keys]
        winner = plurality(values, weights, self.key)
        if winner is None or len(values) == 1:
            return winner
        return winner if repeated[keys.index(self.key(winner))] else None

    def columns(self) -> list[Column]:
        """Return one column of texts."""
        return [Column(self.name, "string")]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return the text unchanged."""
        return {self.name: value}


def _read_pattern(reader: Reader) -> str | None:
    """Return a pattern that the server matches in linear time and the browser can compile."""
    pattern: str = reader.take_text("pattern", "", limit=PATTERN_MAX)
    if not pattern:
        return None
    if _is_unportable(pattern) or not compiles(pattern):
        message = (
            "This pattern cannot be used: write a regular expression as in JavaScript, without "
            "look-around and back-references."
        )
        reader.refuse("pattern", "pattern", message)
        return None
    return pattern


def _is_unportable(pattern: str) -> bool:
    """Return True if the pattern has syntax that the server's engine has and browsers lack."""
    escapes = set(_ESCAPE.findall(pattern))
    return not escapes <= _ESCAPES or bool(_UNPORTABLE.search(_ESCAPE.sub("e", pattern)))


def compiles(pattern: str) -> bool:
    """Return True if the linear-time engine accepts `pattern`."""
    try:
        jsonschema_rs.validator_for(
            {"pattern": pattern}, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
    except (ValueError, jsonschema_rs.ValidationError):
        return False
    return True
