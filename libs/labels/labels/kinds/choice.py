"""`choice`: one option, or `{"other": "…"}` where the definition allows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, Unpack

from labels.aggregation import plurality
from labels.canonical_text import option_text
from labels.field import Column, CommonProperties, Field, Metric, empty_cells
from labels.kinds.shared import (
    OTHER,
    is_other_rule,
    median_level,
    other_rules,
    read_other,
    refuse_options,
    with_other,
)
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """Value: an option's value. `tolerance` counts steps between ordered options."""

    kind = "choice"

    choices: tuple[Option, ...]
    other: bool
    ordered: bool

    @classmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
        """Keys: options, other, ordered, tolerance (ordered only)."""
        options = reader.take_options(1)
        other = read_other(reader, options)
        ordered = reader.take_flag("ordered", False)
        steps = reader.take_count("tolerance", 0, 0, max(0, len(options) - 2)) if ordered else 0
        if other and ordered:
            reader.refuse("other", "ordered", "“Other” has no place among ordered options.")
        tolerance = steps / max(1, len(options) - 1)
        return cls(choices=options, other=other, ordered=ordered, tolerance=tolerance, **common)

    @property
    def metric(self) -> Metric:
        """`ordinal` if the options are ordered, else `nominal`."""
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
        """The keys of ordered options, lowest first; empty without an order."""
        return tuple(map(option_text, self.answers)) if self.ordered else ()

    def schema(self) -> dict[str, Json]:
        """Return an enum, with an alternative for "other" where that is allowed."""
        plain = {"enum": list(self.answers)}
        return with_other(plain) if self.other else plain

    @property
    def extra_rules(self) -> frozenset[str]:
        """The rules that an "other" answer is not one of the options."""
        return other_rules(self.choices) if self.other else frozenset()

    def satisfies(self, rules: frozenset[str]) -> bool:
        """See `Field.satisfies`; without "other" answers the rules about them hold."""
        return rules <= self.extra_rules or (not self.other and all(map(is_other_rule, rules)))

    def check_extra_rules(self, value: Json, payload: Json) -> list[Refusal]:  # noqa: ARG002
        """Refuse an "other" answer that is one of the options."""
        return refuse_options(value, self.choices)

    def key(self, value: Json) -> str:
        """Return the option's value; "other" texts ignore case and spacing."""
        return option_text(value)

    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return 1; for ordered options the steps between them over the largest possible number."""
        if not self.ordered:
            return 1.0
        steps = abs(self.answers.index(first) - self.answers.index(second))
        return steps / (len(self.choices) - 1)

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the plurality; for ordered options the median, if it is one option."""
        if not self.ordered:
            return plurality(values, weights, self.key)
        return median_level(self.answers, values, weights)

    def columns(self) -> list[Column]:
        """Return a column for the value, and one for the text of "other" where that is allowed."""
        return _columns(self.name, self.other)

    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return the value in the first column, or the text of "other" in the second."""
        cells = empty_cells(self.columns())
        if isinstance(value, dict):
            cells[f"{self.name}.{OTHER}"] = value[OTHER]
        else:
            cells[self.name] = value
        return cells


def _columns(name: str, other: bool) -> list[Column]:
    extra: Sequence[Column] = (Column(f"{name}.{OTHER}", "string"),) if other else ()
    return [Column(name, "string"), *extra]
