"""`choices`: a set of options, and at most one `{"other": "…"}` where the definition allows it."""

from dataclasses import dataclass
from typing import Self, Unpack

from labels.field import Basics, Column, Field, Metric, blank
from labels.kinds.shared import (
    OTHER,
    is_other_rule,
    other_rules,
    other_schema,
    read_other,
    refuse_options,
    with_other,
)
from labels.merging import majority_parts, plurality
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal
from labels.texts import json_text, option_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(Field):
    """Value: a list without repetition, whose order means nothing."""

    kind = "choices"

    choices: tuple[Option, ...]
    other: bool
    min_items: int
    max_items: int
    measure: str

    @classmethod
    def read(cls, reader: Reader, **basics: Unpack[Basics]) -> Self:
        """Keys: options, other, min_items, max_items, distance (jaccard, masi), tolerance."""
        options = reader.take_options(1)
        other = read_other(reader, options)
        most = len(options) + other
        low = reader.take_count("min_items", 0, 0, most)
        high = reader.take_count("max_items", most, 1, most) if most else 0
        if low > high:
            reader.refuse("min_items", "range", "“min_items” is larger than “max_items”.")
        return cls(
            choices=options,
            other=other,
            min_items=low,
            max_items=high,
            measure=reader.take_word("distance", ("jaccard", "masi")),
            tolerance=reader.take_number("tolerance", 0.0, 0, 0.99),
            **basics,
        )

    @property
    def metric(self) -> Metric:
        """Sets have a distance."""
        return "distance"

    @property
    def options(self) -> tuple[Option, ...]:
        """The options."""
        return self.choices

    @property
    def answers(self) -> tuple[Json, ...]:
        """The options' values, which are parts of an answer."""
        return tuple(option.value for option in self.choices)

    def schema(self) -> dict[str, Json]:
        """A list of different options; `contains` limits "other" to one."""
        plain = {"enum": list(self.answers)}
        schema: dict[str, Json] = {
            "type": "array",
            "items": with_other(plain) if self.other else plain,
            "uniqueItems": True,
            "minItems": self.min_items,
            "maxItems": self.max_items,
        }
        if self.other:
            schema |= {"contains": other_schema(), "minContains": 0, "maxContains": 1}
        return schema

    @property
    def unwritten(self) -> frozenset[str]:
        """An "other" answer is not one of the options."""
        return other_rules(self.choices) if self.other else frozenset()

    def obeys(self, rules: frozenset[str]) -> bool:
        """As `Field.obeys`; where no "other" answer is accepted, rules about it hold anyway."""
        return rules <= self.unwritten or (not self.other and all(map(is_other_rule, rules)))

    def examine(self, value: Json, payload: Json) -> list[Refusal]:  # noqa: ARG002
        """Refuse an "other" answer that is one of the options."""
        return [
            refusal
            for place, part in enumerate(value)
            for refusal in refuse_options(part, self.choices, f"/{place}")
        ]

    def when(self, values: Json) -> dict[str, Json]:
        """The answers that contain one of `values`."""
        return {"type": "array", "contains": {"enum": list(values)}}

    def key(self, value: Json) -> str:
        """The parts in alphabetical order, as JSON."""
        return json_text(sorted(map(option_text, value)))

    def gap(self, first: Json, second: Json) -> float:
        """Jaccard distance, or MASI distance (Passonneau, LREC 2006)."""
        a, b = set(map(option_text, first)), set(map(option_text, second))
        jaccard = len(a & b) / len(a | b)
        if self.measure == "jaccard" or not a & b:
            return 1.0 - jaccard
        monotonicity = 2 / 3 if a < b or b < a else 1 / 3
        return 1.0 - jaccard * monotonicity

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """The options that more than half chose, in the order of the definition."""
        parts = majority_parts([map(option_text, value) for value in values], weights)
        if parts is None or not self.min_items <= len(parts) <= self.max_items:
            return None
        chosen = [option for option in self.answers if option_text(option) in parts]
        return chosen + self._others(parts, values, weights)

    def _others(self, parts: set[str], values: list[Json], weights: list[float]) -> list[Json]:
        """The "other" answer among `parts`, as most people wrote it."""
        said = [
            (part, weight)
            for value, weight in zip(values, weights, strict=True)
            for part in value
            if isinstance(part, dict) and option_text(part) in parts
        ]
        if not said:
            return []
        return [plurality([part for part, _ in said], [weight for _, weight in said], option_text)]

    def columns(self) -> list[Column]:
        """One boolean column for each option, and the text of "other"."""
        columns = [Column(f"{self.name}.{value}", "boolean") for value in self.answers]
        return columns + [Column(f"{self.name}.{OTHER}", "string")] * self.other

    def cells(self, value: Json | None) -> dict[str, Json]:
        """True for the chosen options, false for the others."""
        cells = blank(self.columns())
        if value is None:
            return cells
        cells |= {f"{self.name}.{option}": option in value for option in self.answers}
        said = [part[OTHER] for part in value if isinstance(part, dict)]
        return cells | {f"{self.name}.{OTHER}": said[0] for _ in said}
