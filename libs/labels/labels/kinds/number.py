"""`number`: a quantity, on an interval scale or (with a true zero) on a ratio scale."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self, Unpack

from labels.aggregation import medians
from labels.canonical_text import integer_if_whole, number_text
from labels.field import ROUNDING_ERROR, Column, CommonProperties, Field, Metric
from labels.kinds.shared import numeric_metrics
from labels.reader import Reader
from labels.refusal import Json
from schemas.json_values import INTEGER_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """Value: a JSON number from -(2^53 - 1) to 2^53 - 1. `tolerance` has the number's own unit."""

    kind = "number"

    minimum: float | None
    maximum: float | None
    step: float | None
    scale: Metric

    @classmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
        """Keys: minimum, maximum, step, scale (interval, ratio), tolerance (0)."""
        field = cls(
            minimum=reader.take_number("minimum", None),
            maximum=reader.take_number("maximum", None),
            step=reader.take_number("step", None, 1e-9),
            scale="ratio"
            if reader.take_word("scale", ("interval", "ratio")) == "ratio"
            else "interval",
            tolerance=reader.take_number("tolerance", 0.0, 0),
            **common,
        )
        field._refuse_impossible(reader)
        return field

    def _refuse_impossible(self, reader: Reader) -> None:
        low, high = self.minimum, self.maximum
        if low is not None and high is not None and low >= high:
            reader.refuse("maximum", "range", "“maximum” must be larger than “minimum”.")
        if self.scale == "ratio" and (low is None or low < 0):
            message = "A ratio scale has no negative numbers: give a “minimum” of 0 or more."
            reader.refuse("minimum", "scale", message)
        if low is not None and not self._is_step(low):
            reader.refuse("step", "step", "“minimum” must be a multiple of “step”.")
        elif low is None and high is not None and not self._is_step(high):
            reader.refuse("step", "step", "“maximum” must be a multiple of “step”.")

    def _is_step(self, value: float) -> bool:
        """Return True if `value` is a multiple of `step` in decimal arithmetic."""
        return self.step is None or _decimal(value) % _decimal(self.step) == 0

    @property
    def metric(self) -> Metric:
        """The scale of measurement: `interval` or `ratio`."""
        return self.scale

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics; `ratio` only with a `minimum` of 0 or more."""
        return numeric_metrics(self.minimum)

    def schema(self) -> dict[str, Json]:
        """Return the schema of a number in the range; `multipleOf` counts from 0."""
        schema: dict[str, Json] = {
            "type": "number",
            "minimum": -INTEGER_MAX if self.minimum is None else self.minimum,
            "maximum": INTEGER_MAX if self.maximum is None else self.maximum,
        }
        return schema if self.step is None else schema | {"multipleOf": self.step}

    def key(self, value: Json) -> str:
        """Return the number as text; `float(key)` is the value."""
        return number_text(value)

    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return |a - b| / (a + b) on the ratio scale; else |a - b|, over the range if any."""
        difference = abs(float(first) - float(second))
        if self.scale == "ratio":
            return difference / (float(first) + float(second))
        return difference / (self._range() or 1.0)

    def _range(self) -> float | None:
        if self.minimum is None or self.maximum is None:
            return None
        return float(self.maximum) - float(self.minimum)

    def score(self, answer: Json | None, gold: Json | None) -> float:
        """Return 1 within the tolerance t, else 1 - (d - t) / (range - t), or t / d unbounded."""
        if answer is None or gold is None:
            return float(answer is None and gold is None)
        difference = abs(float(answer) - float(gold))
        if difference <= self.tolerance + ROUNDING_ERROR * max(1.0, self.tolerance):
            return 1.0
        span = self._range()
        if span is None:
            return self.tolerance / difference
        return max(0.0, 1.0 - (difference - self.tolerance) / (span - self.tolerance))

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the median; in a tie the mean of the two medians, if `step` allows it."""
        middle = medians([float(value) for value in values], weights)
        if middle is None:
            return None
        mean = integer_if_whole(
            middle[0] if middle[0] == middle[1] else (middle[0] + middle[1]) / 2
        )
        return mean if self._is_step(mean) else None

    def columns(self) -> list[Column]:
        """Return one column of numbers."""
        return [Column(self.name, "number")]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return the number as a float."""
        return {self.name: None if value is None else float(value)}


def _decimal(value: float) -> Decimal:
    return Decimal(number_text(value))
