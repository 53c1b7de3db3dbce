"""What several kinds need: storable text in a schema, "other, please say", ordered levels."""

from collections.abc import Sequence

from labels.field import Metric
from labels.merging import medians
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal
from labels.texts import option_text

OTHER = "other"
OTHER_MAX = 500
_RULE = "other is not "
NO_NUL = r"^[^\x00]*$"
INVISIBLE = "\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff"
"""Characters that show nothing, such as the zero-width space; for the inside of a class."""
NOT_BLANK = rf"[^\s\x00{INVISIBLE}]"


def text_schema(limit: int, least: int = 1, pattern: str | None = None) -> dict[str, Json]:
    """Text of `least` to `limit` code points that can be stored; not only spaces if needed."""
    patterns = [NO_NUL] + [NOT_BLANK] * (least > 0) + [pattern] * (pattern is not None)
    return {
        "type": "string",
        "minLength": least,
        "maxLength": limit,
        "allOf": [{"pattern": one} for one in patterns],
    }


def object_schema(properties: dict[str, Json]) -> dict[str, Json]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def other_schema() -> dict[str, Json]:
    """`{"other": text}`."""
    return object_schema({OTHER: text_schema(OTHER_MAX)})


def with_other(plain: dict[str, Json]) -> dict[str, Json]:
    """`plain`, or an "other" answer."""
    return {"anyOf": [plain, other_schema()]}


def read_other(reader: Reader, options: Sequence[Option]) -> bool:
    """Whether "other, please say" is allowed; no option may be called so as well."""
    other = reader.take_flag(OTHER, False)
    if other and any(option.value == OTHER for option in options):
        message = "An option is called “other” already: rename it, or leave this out."
        reader.refuse(OTHER, "unique", message)
    return other


def numeric_metrics(minimum: float | None) -> tuple[Metric, ...]:
    """Return the metrics of a kind whose answers are numbers from `minimum` (None: no bound) on.

    Differences on the ratio scale are divided by sums, which have no meaning below 0.
    """
    if minimum is None or minimum < 0:
        return ("nominal", "ordinal", "interval", "distance")
    return ("nominal", "ordinal", "interval", "ratio", "distance")


def other_rules(options: Sequence[Option]) -> frozenset[str]:
    """Return the names of the rules that `refuse_options` enforces, for `Field.unwritten`."""
    return frozenset(_RULE + option_text({OTHER: option.value}) for option in options)


def is_other_rule(rule: str) -> bool:
    """Whether `rule` is one of `other_rules`."""
    return rule.startswith(_RULE)


def refuse_options(value: Json, options: Sequence[Option], at: str = "") -> list[Refusal]:
    """Refuse an "other" answer whose text is an option's value or title; say which option.

    Texts are compared as the answers are: in NFC, without regard to case and spacing.
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
    """The weighted median of ordered answers; None where it falls between two of them."""
    middle = medians([levels.index(value) for value in values], weights)
    if middle is None or middle[0] != middle[1]:
        return None
    return levels[int(middle[0])]
