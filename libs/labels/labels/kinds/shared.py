"""What several kinds need: storable text in a schema, "other, please say", ordered levels."""

from collections.abc import Sequence

from labels.field import Metric
from labels.merging import medians
from labels.reader import Option, Reader
from labels.refusal import Json

OTHER = "other"
OTHER_MAX = 500
NO_NUL = r"^[^\x00]*$"
NOT_BLANK = r"[^\s\x00]"


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


def median_level(
    levels: Sequence[Json], values: Sequence[Json], weights: Sequence[float]
) -> Json | None:
    """The weighted median of ordered answers; None where it falls between two of them."""
    middle = medians([levels.index(value) for value in values], weights)
    if middle is None or middle[0] != middle[1]:
        return None
    return levels[int(middle[0])]
