"""`ranking`: the options in order, best first, or only the best of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import fsum
from typing import Self, Unpack

from labels.aggregation import TIE
from labels.canonical_text import json_text
from labels.field import Column, CommonProperties, Field, Metric, empty_cells
from labels.reader import Option, Reader
from labels.refusal import Json

OPTIONS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking(Field):
    """Value: a list of different options, best first. Options left out are tied for last place."""

    kind = "ranking"

    choices: tuple[Option, ...]
    min_items: int
    max_items: int

    @classmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
        """Keys: options (2 to 50), min_items (all), max_items (all), tolerance (0)."""
        options = reader.take_options(2, OPTIONS_MAX)
        most = max(2, len(options))
        high = reader.take_count("max_items", most, 1, most)
        low = reader.take_count("min_items", high, 1, most)
        if low > high:
            reader.refuse("min_items", "range", "“min_items” is larger than “max_items”.")
        tolerance = reader.take_number("tolerance", 0.0, 0, 0.99)
        return cls(choices=options, min_items=low, max_items=high, tolerance=tolerance, **common)

    @property
    def metric(self) -> Metric:
        """`distance`: rankings have a distance."""
        return "distance"

    @property
    def options(self) -> tuple[Option, ...]:
        """The options."""
        return self.choices

    @property
    def order_matters(self) -> bool:
        """True: an option that begins near the top tends to stay there."""
        return True

    def schema(self) -> dict[str, Json]:
        """Return the schema of a list of different options."""
        return {
            "type": "array",
            "items": {"enum": [option.value for option in self.choices]},
            "uniqueItems": True,
            "minItems": self.min_items,
            "maxItems": self.max_items,
        }

    def key(self, value: Json) -> str:
        """Return the order as JSON; a single option left out is appended, since it is last."""
        left_out = [option.value for option in self.choices if option.value not in value]
        return json_text(value + left_out if len(left_out) == 1 else value)

    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return the share of pairs in a different order: Kendall's distance, normalized.

        A pair that only one of the two answers puts in order counts half (K^(1/2) of Fagin, Kumar
        and Sivakumar, "Comparing top k lists", 2003), so that this is a metric. For two complete
        orders it is (1 - Kendall's tau) / 2.
        """
        pairs = list(zip(self._orders(first), self._orders(second), strict=True))
        return fsum(abs(a - b) / 2 for a, b in pairs) / len(pairs)

    def _orders(self, value: Json) -> Iterator[int]:
        """Yield for each pair of options 1 (the first is better), -1 (the second) or 0 (even)."""
        ranks = {option: rank for rank, option in enumerate(value)}
        last = len(value)
        for first, second in combinations(self.choices, 2):
            a, b = ranks.get(first.value, last), ranks.get(second.value, last)
            yield (a < b) - (a > b)

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the order of the pairwise majorities (Condorcet's); None with a tie or a cycle.

        It is as long as the shortest answer. Where it exists, it is the only order with the least
        total distance to all answers (Kemeny's).
        """
        margins = self._margins(values, weights)
        remaining = [option.value for option in self.choices]
        order: list[Json] = []
        for _ in range(min(len(value) for value in values)):
            best = [
                option
                for option in remaining
                if all(margins[option, other] > 0 for other in remaining if other != option)
            ]
            if not best:
                return None
            order.append(best[0])
            remaining.remove(best[0])
        return order

    def _margins(self, values: list[Json], weights: list[float]) -> dict[tuple[str, str], float]:
        """Return the weight for the first before the second option, less the weight against it."""
        orders = [list(self._orders(value)) for value in values]
        total = fsum(weights)
        margins: dict[tuple[str, str], float] = {}
        for index, (first, second) in enumerate(combinations(self.choices, 2)):
            products = zip(orders, weights, strict=True)
            margin = fsum(weight * order[index] for order, weight in products)
            margin = margin if abs(margin) > TIE * total else 0.0
            margins[first.value, second.value] = margin
            margins[second.value, first.value] = -margin
        return margins

    def columns(self) -> list[Column]:
        """Return a column for the rank of each option."""
        return [Column(f"{self.name}.{option.value}", "integer") for option in self.choices]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return the rank of each option, from 1; None if it was left out."""
        ranks = {f"{self.name}.{option}": rank for rank, option in enumerate(value or [], 1)}
        return empty_cells(self.columns()) | ranks
