"""Schemas and rules that several kinds share: storable text, "other" answers, ordered levels."""

from collections.abc import Sequence

from labels.aggregation import medians
from labels.canonical_text import option_text
from labels.field import Metric
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal

OTHER = "other"
OTHER_MAX = 500
_RULE = "other is not "
NO_NUL = r"^[^\x00]*$"
INVISIBLE = "\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff"
"""Invisible characters, such as the zero-width space, for use in a character class."""
NOT_BLANK = rf"[^\s\x00{INVISIBLE}]"


def text_schema(limit: int, least: int = 1, pattern: str | None = None) -> dict[str, Json]:
    """Return the schema of a storable text of `least` to `limit` code points.

    With `least` above 0 a blank text is refused.
    """
    patterns = [NO_NUL] + [NOT_BLANK] * (least > 0) + [pattern] * (pattern is not None)
    return {
        "type": "string",
        "minLength": least,
        "maxLength": limit,
        "allOf": [{"pattern": required} for required in patterns],
    }


def object_schema(properties: dict[str, Json]) -> dict[str, Json]:
    """Return the schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def other_schema() -> dict[str, Json]:
    """Return the schema of `{"other": text}`."""
    return object_schema({OTHER: text_schema(OTHER_MAX)})


def with_other(options_schema: dict[str, Json]) -> dict[str, Json]:
    """Return the schema of what `options_schema` accepts, or an "other" answer."""
    return {"anyOf": [options_schema, other_schema()]}


def read_other(reader: Reader, options: Sequence[Option]) -> bool:
    """Return True if an "other" answer is allowed; refuse it beside an option "other"."""
    other = reader.take_flag(OTHER, False)
    if other and any(option.value == OTHER for option in options):
        message = "An option is called “other” already: rename it, or leave this out."
        reader.refuse(OTHER, "unique", message)
    return other


def numeric_metrics(minimum: float | None) -> tuple[Metric, ...]:
    """Return the metrics of a kind whose answers are numbers above `minimum` (None: no bound).

    Differences on the ratio scale are divided by sums, which have no meaning below 0.
    """
    if minimum is None or minimum < 0:
        return ("nominal", "ordinal", "interval", "distance")
    return ("nominal", "ordinal", "interval", "ratio", "distance")


def other_rules(options: Sequence[Option]) -> frozenset[str]:
    """Return the names of the rules that `refuse_options` enforces, for `Field.extra_rules`."""
    return frozenset(_RULE + option_text({OTHER: option.value}) for option in options)


def is_other_rule(rule: str) -> bool:
    """Return True if `rule` is one of `other_rules`."""
    return rule.startswith(_RULE)


def refuse_options(value: Json, options: Sequence[Option], at: str = "") -> list[Refusal]:
    """Refuse an "other" answer whose text is an option's value or title, and name the option.

    Texts are compared as answers are: in NFC, ignoring case and spacing.
    """
    if not isinstance(value, dict):
        return []
    for option in options:
        if option_text(value) in {
            option_text({OTHER: text}) for text in (option.value, option.title)
        }:
            message = f"That is the option “{option.value}”: choose it."
            return [Refusal(f"{at}/{OTHER}", "other", message)]
    return []


def median_level(
    levels: Sequence[Json], values: Sequence[Json], weights: Sequence[float]
) -> Json | None:
    """Return the weighted median of ordered answers; None if it lies between two of them."""
    middle = medians([levels.index(value) for value in values], weights)
    if middle is None or middle[0] != middle[1]:
        return None
    return levels[int(middle[0])]
