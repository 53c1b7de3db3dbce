"""`ranking`: the options in order, best first; or only the best few of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import fsum
from typing import Self, Unpack

from labels.field import Basics, Column, Field, Metric, blank
from labels.merging import TIE
from labels.reader import Option, Reader
from labels.refusal import Json
from labels.texts import json_text

OPTIONS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking(Field):
    """Value: a list of different options, best first. Those left out share the place after it."""

    kind = "ranking"

    choices: tuple[Option, ...]
    min_items: int
    max_items: int

    @classmethod
    def read(cls, reader: Reader, **basics: Unpack[Basics]) -> Self:
        """Keys: options (2 to 50), min_items (all), max_items (all), tolerance (0)."""
        options = reader.take_options(2, OPTIONS_MAX)
        most = max(2, len(options))
        high = reader.take_count("max_items", most, 1, most)
        low = reader.take_count("min_items", high, 1, most)
        if low > high:
            reader.refuse("min_items", "range", "“min_items” is larger than “max_items”.")
        tolerance = reader.take_number("tolerance", 0.0, 0, 0.99)
        return cls(choices=options, min_items=low, max_items=high, tolerance=tolerance, **basics)

    @property
    def metric(self) -> Metric:
        """Rankings have a distance."""
        return "distance"

    @property
    def options(self) -> tuple[Option, ...]:
        """The options."""
        return self.choices

    def schema(self) -> dict[str, Json]:
        """A list of different options."""
        return {
            "type": "array",
            "items": {"enum": [option.value for option in self.choices]},
            "uniqueItems": True,
            "minItems": self.min_items,
            "maxItems": self.max_items,
        }

    def key(self, value: Json) -> str:
        """The order as JSON; a single option left out is last, so it is written there."""
        left_out = [option.value for option in self.choices if option.value not in value]
        return json_text(value + left_out if len(left_out) == 1 else value)

    def gap(self, first: Json, second: Json) -> float:
        """The share of pairs in disorder: Kendall's distance, over the number of pairs.

        A pair that only one of the two answers puts in order counts half (K^(1/2) of Fagin, Kumar
        and Sivakumar, "Comparing top k lists", 2003): a metric. Two whole orders are at
        (1 - Kendall's tau) / 2.
        """
        pairs = list(zip(self._orders(first), self._orders(second), strict=True))
        return fsum(abs(a - b) / 2 for a, b in pairs) / len(pairs)

    def _orders(self, value: Json) -> Iterator[int]:
        """For each pair of options: 1 if the first is better, -1 if the second is, 0 if even."""
        places = {option: place for place, option in enumerate(value)}
        last = len(value)
        for one, other in combinations(self.choices, 2):
            a, b = places.get(one.value, last), places.get(other.value, last)
            yield (a < b) - (a > b)

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """The order of the pairwise majorities (Condorcet's), where it exists without tie or cycle.

        As long as the shortest answer. Where it exists it is the only order with the least total
        distance to all answers (Kemeny's).
        """
        margins = self._margins(values, weights)
        remaining = [option.value for option in self.choices]
        order: list[Json] = []
        for _ in range(min(len(value) for value in values)):
            best = [
                one
                for one in remaining
                if all(margins[one, other] > 0 for other in remaining if other != one)
            ]
            if not best:
                return None
            order.append(best[0])
            remaining.remove(best[0])
        return order

    def _margins(self, values: list[Json], weights: list[float]) -> dict[tuple[str, str], float]:
        """By how much weight the first of two options is put before the second; 0 in a tie."""
        orders = [list(self._orders(value)) for value in values]
        total = fsum(weights)
        margins: dict[tuple[str, str], float] = {}
        for index, (one, other) in enumerate(combinations(self.choices, 2)):
            products = zip(orders, weights, strict=True)
            margin = fsum(weight * order[index] for order, weight in products)
            margin = margin if abs(margin) > TIE * total else 0.0
            margins[one.value, other.value] = margin
            margins[other.value, one.value] = -margin
        return margins

    def columns(self) -> list[Column]:
        """One column for each option: its rank, from 1."""
        return [Column(f"{self.name}.{option.value}", "integer") for option in self.choices]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """None for options that were left out."""
        ranks = {f"{self.name}.{option}": rank for rank, option in enumerate(value or [], 1)}
        return blank(self.columns()) | ranks
