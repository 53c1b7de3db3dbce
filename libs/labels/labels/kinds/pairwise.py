"""`pairwise`: which of two is better, or (where the definition allows it) that neither is."""

from dataclasses import dataclass
from typing import Self, Unpack

from labels.field import Basics, Column, Field, Metric
from labels.merging import plurality
from labels.reader import Option, Reader
from labels.refusal import Json
from labels.texts import option_text

TIE = "tie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairwise(Field):
    """Value: the first option, the second, or `"tie"`."""

    kind = "pairwise"

    choices: tuple[Option, ...]
    tie: bool

    @classmethod
    def read(cls, reader: Reader, **basics: Unpack[Basics]) -> Self:
        """Keys: options (exactly two), tie (false)."""
        options = reader.take_options(2, 2)
        if any(option.value == TIE for option in options):
            reader.refuse("options", "unique", "No option may be called “tie”.")
        return cls(choices=options, tie=reader.take_flag("tie", False), **basics)

    @property
    def metric(self) -> Metric:
        """Ordinal with a tie, which stands between the two; else nominal."""
        return "ordinal" if self.tie else "nominal"

    @property
    def options(self) -> tuple[Option, ...]:
        """The two options."""
        return self.choices

    @property
    def answers(self) -> tuple[Json, ...]:
        """The two options, with the tie between them."""
        first, second = (option.value for option in self.choices)
        return (first, TIE, second) if self.tie else (first, second)

    @property
    def levels(self) -> tuple[str, ...]:
        """The keys in order, with a tie."""
        return tuple(map(option_text, self.answers)) if self.tie else ()

    def schema(self) -> dict[str, Json]:
        """An enum."""
        return {"enum": list(self.answers)}

    def key(self, value: Json) -> str:
        """The value."""
        return option_text(value)

    def gap(self, first: Json, second: Json) -> float:
        """1 between the options, 1/2 between an option and a tie."""
        return 0.5 if TIE in (first, second) else 1.0

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """The plurality."""
        return plurality(values, weights, self.key)

    def columns(self) -> list[Column]:
        """The value."""
        return [Column(self.name, "string")]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """The value."""
        return {self.name: value}
