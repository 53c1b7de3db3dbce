"""`choice`: one option, or `{"other": "…"}` where the definition allows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, Unpack

from labels.field import Basics, Column, Field, Metric, blank
from labels.kinds.shared import (
    OTHER,
    is_other_rule,
    median_level,
    other_rules,
    read_other,
    refuse_options,
    with_other,
)
from labels.merging import plurality
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal
from labels.texts import option_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """Value: an option's value. `tolerance` counts steps between ordered options."""

    kind = "choice"

    choices: tuple[Option, ...]
    other: bool
    ordered: bool

    @classmethod
    def read(cls, reader: Reader, **basics: Unpack[Basics]) -> Self:
        """Keys: options, other, ordered, tolerance (ordered only)."""
        options = reader.take_options(1)
        other = read_other(reader, options)
        ordered = reader.take_flag("ordered", False)
        steps = reader.take_count("tolerance", 0, 0, max(0, len(options) - 2)) if ordered else 0
        if other and ordered:
            reader.refuse("other", "ordered", "“Other” has no place among ordered options.")
        tolerance = steps / max(1, len(options) - 1)
        return cls(choices=options, other=other, ordered=ordered, tolerance=tolerance, **basics)

    @property
    def metric(self) -> Metric:
        """Ordinal where the options are ordered."""
        return "ordinal" if self.ordered else "nominal"

    @property
    def options(self) -> tuple[Option, ...]:
        """The options."""
        return self.choices

    @property
    def answers(self) -> tuple[Json, ...]:
        """The options' values."""
        return tuple(option.value for option in self.choices)

    @property
    def levels(self) -> tuple[str, ...]:
        """The keys of ordered options, lowest first."""
        return tuple(map(option_text, self.answers)) if self.ordered else ()

    def schema(self) -> dict[str, Json]:
        """An enum, or an enum and the object for "other"."""
        plain = {"enum": list(self.answers)}
        return with_other(plain) if self.other else plain

    @property
    def unwritten(self) -> frozenset[str]:
        """An "other" answer is not one of the options."""
        return other_rules(self.choices) if self.other else frozenset()

    def obeys(self, rules: frozenset[str]) -> bool:
        """As `Field.obeys`; where no "other" answer is accepted, rules about it hold anyway."""
        return rules <= self.unwritten or (not self.other and all(map(is_other_rule, rules)))

    def examine(self, value: Json, payload: Json) -> list[Refusal]:  # noqa: ARG002
        """Refuse an "other" answer that is one of the options."""
        return refuse_options(value, self.choices)

    def key(self, value: Json) -> str:
        """The option's value; "other" without regard to case and spacing."""
        return option_text(value)

    def gap(self, first: Json, second: Json) -> float:
        """1, or for ordered options the steps between them over the most possible."""
        if not self.ordered:
            return 1.0
        steps = abs(self.answers.index(first) - self.answers.index(second))
        return steps / (len(self.choices) - 1)

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """The plurality; for ordered options the median, if it is one option."""
        if not self.ordered:
            return plurality(values, weights, self.key)
        return median_level(self.answers, values, weights)

    def columns(self) -> list[Column]:
        """The value; with "other" its text in a second column."""
        return _columns(self.name, self.other)

    def cells(self, value: Json | None) -> dict[str, Json]:
        """An "other" answer leaves the first column empty."""
        cells = blank(self.columns())
        if isinstance(value, dict):
            cells[f"{self.name}.{OTHER}"] = value[OTHER]
        else:
            cells[self.name] = value
        return cells


def _columns(name: str, other: bool) -> list[Column]:
    extra: Sequence[Column] = (Column(f"{name}.{OTHER}", "string"),) if other else ()
    return [Column(name, "string"), *extra]
