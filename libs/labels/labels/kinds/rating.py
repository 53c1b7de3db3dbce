"""`rating`: a whole number on a short scale whose steps are ordered but not equally far apart."""

from dataclasses import dataclass
from typing import Self, Unpack

from labels.canonical_text import number_text
from labels.field import Column, CommonProperties, Field, Metric
from labels.kinds.shared import median_level, numeric_metrics
from labels.reader import Reader
from labels.refusal import Json

LEVELS_MAX = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating(Field):
    """Value: an integer from `minimum` to `maximum`. `tolerance` counts levels in a definition."""

    kind = "rating"

    minimum: int
    maximum: int

    @classmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
        """Keys: minimum (1), maximum (5), tolerance (0 levels)."""
        low = reader.take_count("minimum", 1, -1000, 1000)
        high = reader.take_count("maximum", max(5, low + 1), -1000, 1100)
        if not low < high < low + LEVELS_MAX:
            reader.refuse("maximum", "range", f"A rating has 2 to {LEVELS_MAX} levels.")
            low, high = 1, 5
        levels = reader.take_count("tolerance", 0, 0, high - low - 1)
        return cls(minimum=low, maximum=high, tolerance=levels / (high - low), **common)

    @property
    def metric(self) -> Metric:
        """`ordinal`: levels are ordered."""
        return "ordinal"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics; `ratio` only if no level is negative."""
        return numeric_metrics(self.minimum)

    @property
    def answers(self) -> tuple[Json, ...]:
        """The levels."""
        return tuple(range(self.minimum, self.maximum + 1))

    @property
    def levels(self) -> tuple[str, ...]:
        """The keys, lowest first."""
        return tuple(map(number_text, self.answers))

    def schema(self) -> dict[str, Json]:
        """Return the schema of an integer in the range."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def key(self, value: Json) -> str:
        """Return the number as text; `float(key)` is the value."""
        return number_text(value)

    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return the levels between the two over the largest possible number."""
        return float(abs(first - second)) / (self.maximum - self.minimum)

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the median; None if it lies between two levels."""
        return median_level(self.answers, values, weights)

    def columns(self) -> list[Column]:
        """Return one column of integers."""
        return [Column(self.name, "integer")]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return the level as an int."""
        return {self.name: None if value is None else int(value)}
