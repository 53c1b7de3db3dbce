"""`boxes`: upright rectangles on an image, in fractions of its width and height."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum
from statistics import fmean
from typing import Self, Unpack

from labels.aggregation import TIE, medians
from labels.canonical_text import integer_if_whole, json_text
from labels.field import ROUNDING_ERROR, Column, CommonProperties, Field, Metric
from labels.kinds.shared import object_schema
from labels.matching import best_pairs, matched_distance
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal
from schemas.json_values import json_pointer

ITEMS_MAX = 1000
DIGITS = 6
SMALLEST = 10**-DIGITS
IOU_MIN = 0.5
"""Two boxes of one label match from this intersection over union on (as in Pascal VOC)."""

Box = tuple[float, float, float, float, str]
"""Left, top, right, bottom, label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes(Field):
    """Value: a list of `{x, y, width, height, label}`; no `label` where there are no options.

    (x, y) is the upper left corner. All four numbers are fractions of the image, so that they are
    valid at every display size; boxes are compared after rounding to a millionth. `tolerance` is a
    distance, 0.2 by default, since no two drawings of a box are equal.
    """

    kind = "boxes"

    choices: tuple[Option, ...]
    min_items: int
    max_items: int

    @classmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
        """Keys: options, min_items (0), max_items (1000), tolerance (0.2)."""
        options = reader.take_options(1) if reader.has("options") else ()
        low = reader.take_count("min_items", 0, 0, ITEMS_MAX)
        high = reader.take_count("max_items", ITEMS_MAX, 1, ITEMS_MAX)
        if low > high:
            reader.refuse("min_items", "range", "“min_items” is larger than “max_items”.")
        tolerance = reader.take_number("tolerance", 0.2, 0, 0.99)
        return cls(choices=options, min_items=low, max_items=high, tolerance=tolerance, **common)

    @property
    def metric(self) -> Metric:
        """`distance`: sets of boxes have a distance."""
        return "distance"

    @property
    def options(self) -> tuple[Option, ...]:
        """The labels that a box may have."""
        return self.choices

    @property
    def extra_rules(self) -> frozenset[str]:
        """The rule that a box ends within the image."""
        return frozenset({"inside"})

    def schema(self) -> dict[str, Json]:
        """Return the schema of a list of different boxes."""
        corner = {"type": "number", "minimum": 0, "maximum": 1}
        size = {"type": "number", "minimum": SMALLEST, "maximum": 1}
        box: dict[str, Json] = {"x": corner, "y": corner, "width": size, "height": size}
        if self.choices:
            box["label"] = {"enum": [option.value for option in self.choices]}
        return {
            "type": "array",
            "items": object_schema(box),
            "uniqueItems": True,
            "minItems": self.min_items,
            "maxItems": self.max_items,
        }

    def check_extra_rules(self, value: Json, payload: Json) -> list[Refusal]:  # noqa: ARG002
        """Refuse boxes that end beyond the image."""
        message = "The box reaches beyond the image."
        return [
            Refusal(json_pointer(index, size), "inside", message)
            for index, part in enumerate(value)
            for corner, size in (("x", "width"), ("y", "height"))
            if part[corner] + part[size] > 1 + ROUNDING_ERROR
        ]

    def key(self, value: Json) -> str:
        """Return the boxes as JSON, sorted and rounded to a millionth of the image."""
        return json_text(sorted(_boxes(value)))

    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return 1 - 2S / (n + m) of the best matching by intersection over union."""
        return matched_distance(_boxes(first), _boxes(second), _overlap)

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the boxes that more than half of the weight drew, each side at the median."""
        answers = sorted(zip(map(_boxes, values), weights, strict=True), key=_place)
        groups = _grouped(answers)
        total = fsum(weights)
        empty = fsum(weight for boxes, weight in answers if not boxes)
        shares = [fsum(weight for _, weight in group) / total for group in groups] + [empty / total]
        if any(abs(share - 0.5) <= TIE for share in shares) or max(shares) < 0.5:
            return None
        chosen = [group for group, share in zip(groups, shares, strict=False) if share > 0.5]
        merged = {_stored_form(_middle(group)) for group in chosen}
        if not self.min_items <= len(merged) <= self.max_items:
            return None
        return [_as_json(box) for box in sorted(merged)]

    def columns(self) -> list[Column]:
        """Return a column for the boxes as JSON, and one for their number."""
        return [Column(self.name, "json"), Column(f"{self.name}.count", "integer")]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return the boxes as JSON, and their number."""
        if value is None:
            return {self.name: None, f"{self.name}.count": None}
        return {self.name: json_text(value), f"{self.name}.count": len(value)}


_Group = list[tuple[Box, float]]


def _rounded(value: float) -> float:
    return round(float(value), DIGITS) + 0.0


def _boxes(value: Json) -> frozenset[Box]:
    return frozenset(_corners(value))


def _corners(value: Json) -> Iterator[Box]:
    for part in value:
        left, top = _rounded(part["x"]), _rounded(part["y"])
        width, height = _rounded(part["width"]), _rounded(part["height"])
        yield left, top, _rounded(left + width), _rounded(top + height), part.get("label", "")


def _overlap(first: Box, second: Box) -> float:
    """Return the intersection over union; 0 for different labels."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0 or first[4] != second[4]:
        return 0.0
    shared = width * height
    return shared / (_area(first) + _area(second) - shared)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _place(answer: tuple[frozenset[Box], float]) -> tuple[list[Box], float]:
    return sorted(answer[0]), answer[1]


def _grouped(answers: list[tuple[frozenset[Box], float]]) -> list[_Group]:
    """Return groups of boxes that match, at most one box of each answer in a group.

    Answers are taken in sorted order, so that the result does not depend on the order of arrival.
    Each box joins the group whose middle it matches in the best pairing, or begins a new group.
    """
    groups: list[_Group] = []
    for boxes, weight in answers:
        own = sorted(boxes)
        middles = [_middle(group) for group in groups]
        pairs = {row: column for row, column, _ in best_pairs(own, middles, _matching_overlap)}
        for row, box in enumerate(own):
            if row in pairs:
                groups[pairs[row]].append((box, weight))
            else:
                groups.append([(box, weight)])
    return groups


def _matching_overlap(first: Box, second: Box) -> float:
    overlap = _overlap(first, second)
    return overlap if overlap >= IOU_MIN else 0.0


def _middle(group: _Group) -> Box:
    """Return a box with each side at the weighted median of the group.

    In a tie the side is the mean of the two medians.
    """
    weights = [weight for _, weight in group]
    sides = [medians([float(box[side]) for box, _ in group], weights) for side in range(4)]
    left, top, right, bottom = (fmean(side) for side in sides if side is not None)
    return left, top, right, bottom, group[0][0][4]


def _stored_form(box: Box) -> Box:
    """Return left, top, width, height and label: the form in which boxes are stored."""
    left, top = _rounded(box[0]), _rounded(box[1])
    width, height = _rounded(box[2] - left), _rounded(box[3] - top)
    return left, top, max(width, SMALLEST), max(height, SMALLEST), box[4]


def _as_json(box: Box) -> Json:
    sides = zip(("x", "y", "width", "height"), box[:4], strict=True)
    part: dict[str, Json] = {name: integer_if_whole(side) for name, side in sides}
    return part | {"label": box[4]} if box[4] else part
