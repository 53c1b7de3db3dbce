"""`pairwise`: the better one of two options, or a tie where the definition allows it."""

from dataclasses import dataclass
from typing import Self, Unpack

from labels.aggregation import plurality
from labels.canonical_text import option_text
from labels.field import Column, CommonProperties, Field, Metric
from labels.reader import Option, Reader
from labels.refusal import Json

TIE = "tie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairwise(Field):
    """Value: the first option, the second, or `"tie"`."""

    kind = "pairwise"

    choices: tuple[Option, ...]
    tie: bool

    @classmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
        """Keys: options (exactly two), tie (false)."""
        options = reader.take_options(2, 2)
        if any(option.value == TIE for option in options):
            reader.refuse("options", "unique", "No option may be called “tie”.")
        return cls(choices=options, tie=reader.take_flag("tie", False), **common)

    @property
    def metric(self) -> Metric:
        """`ordinal` with a tie, which lies between the two; else `nominal`."""
        return "ordinal" if self.tie else "nominal"

    @property
    def options(self) -> tuple[Option, ...]:
        """The two options."""
        return self.choices

    @property
    def order_matters(self) -> bool:
        """True: the left one is chosen more often."""
        return True

    @property
    def answers(self) -> tuple[Json, ...]:
        """The two options, with the tie between them."""
        first, second = (option.value for option in self.choices)
        return (first, TIE, second) if self.tie else (first, second)

    @property
    def levels(self) -> tuple[str, ...]:
        """The keys in order where a tie is allowed; else empty."""
        return tuple(map(option_text, self.answers)) if self.tie else ()

    def schema(self) -> dict[str, Json]:
        """Return an enum of the answers."""
        return {"enum": list(self.answers)}

    def key(self, value: Json) -> str:
        """Return the value as text."""
        return option_text(value)

    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return 1 between the options, 1/2 between an option and a tie."""
        return 0.5 if TIE in (first, second) else 1.0

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the plurality."""
        return plurality(values, weights, self.key)

    def columns(self) -> list[Column]:
        """Return one column of texts."""
        return [Column(self.name, "string")]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return the value."""
        return {self.name: value}
