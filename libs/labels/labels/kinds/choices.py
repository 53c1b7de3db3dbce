"""`choices`: a set of options, and at most one `{"other": "…"}` where the definition allows it."""

from dataclasses import dataclass
from typing import Self, Unpack

from labels.aggregation import majority_parts, plurality
from labels.canonical_text import json_text, option_text
from labels.field import Column, CommonProperties, Field, Metric, empty_cells
from labels.kinds.shared import (
    OTHER,
    is_other_rule,
    other_rules,
    other_schema,
    read_other,
    refuse_options,
    with_other,
)
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(Field):
    """Value: a list of different answers, whose order has no meaning."""

    kind = "choices"

    choices: tuple[Option, ...]
    other: bool
    min_items: int
    max_items: int
    measure: str

    @classmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
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
            **common,
        )

    @property
    def metric(self) -> Metric:
        """`distance`: sets have a distance."""
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
        """Return the schema of a list of different options; `contains` limits "other" to one."""
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
    def extra_rules(self) -> frozenset[str]:
        """The rules that an "other" answer is not one of the options."""
        return other_rules(self.choices) if self.other else frozenset()

    def satisfies(self, rules: frozenset[str]) -> bool:
        """See `Field.satisfies`; without "other" answers the rules about them hold."""
        return rules <= self.extra_rules or (not self.other and all(map(is_other_rule, rules)))

    def check_extra_rules(self, value: Json, payload: Json) -> list[Refusal]:  # noqa: ARG002
        """Refuse an "other" answer that is one of the options."""
        return [
            refusal
            for index, part in enumerate(value)
            for refusal in refuse_options(part, self.choices, f"/{index}")
        ]

    def schema_of_any(self, values: Json) -> dict[str, Json]:
        """Return the schema of the answers that contain one of `values`."""
        return {"type": "array", "contains": {"enum": list(values)}}

    def key(self, value: Json) -> str:
        """Return the parts in alphabetical order, as JSON."""
        return json_text(sorted(map(option_text, value)))

    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return the Jaccard distance, or the MASI distance (Passonneau, LREC 2006)."""
        a, b = set(map(option_text, first)), set(map(option_text, second))
        jaccard = len(a & b) / len(a | b)
        if self.measure == "jaccard" or not a & b:
            return 1.0 - jaccard
        monotonicity = 2 / 3 if a < b or b < a else 1 / 3
        return 1.0 - jaccard * monotonicity

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the options that more than half chose, in the order of the definition."""
        parts = majority_parts([map(option_text, value) for value in values], weights)
        if parts is None or not self.min_items <= len(parts) <= self.max_items:
            return None
        chosen = [option for option in self.answers if option_text(option) in parts]
        return chosen + self._others(parts, values, weights)

    def _others(self, parts: set[str], values: list[Json], weights: list[float]) -> list[Json]:
        """Return the "other" answer among `parts` in its most frequent spelling."""
        texts = [
            (part, weight)
            for value, weight in zip(values, weights, strict=True)
            for part in value
            if isinstance(part, dict) and option_text(part) in parts
        ]
        if not texts:
            return []
        return [
            plurality([part for part, _ in texts], [weight for _, weight in texts], option_text)
        ]

    def columns(self) -> list[Column]:
        """Return a boolean column for each option, and one for the text of "other"."""
        columns = [Column(f"{self.name}.{value}", "boolean") for value in self.answers]
        return columns + [Column(f"{self.name}.{OTHER}", "string")] * self.other

    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return true for the chosen options, false for the others."""
        cells = empty_cells(self.columns())
        if value is None:
            return cells
        cells |= {f"{self.name}.{option}": option in value for option in self.answers}
        texts = [part[OTHER] for part in value if isinstance(part, dict)]
        return cells | {f"{self.name}.{OTHER}": texts[0] for _ in texts}
