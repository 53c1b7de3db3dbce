"""`boxes`: upright rectangles on an image, in fractions of its width and height."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum
from statistics import fmean
from typing import Self, Unpack

from labels.field import SLACK, Basics, Column, Field, Metric
from labels.kinds.shared import object_schema
from labels.matching import best_pairs, matched_distance
from labels.merging import TIE, medians
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal, pointer
from labels.texts import json_text, neat

ITEMS_MAX = 1000
DIGITS = 6
SMALLEST = 10**-DIGITS
SAME = 0.5
"""Two boxes of one label mean the same thing if they share at least half (as Pascal VOC has it)."""

Box = tuple[float, float, float, float, str]
"""Left, top, right, bottom, label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes(Field):
    """Value: a list of `{x, y, width, height, label}`; no `label` where there are no options.

    (x, y) is the upper left corner. All four are fractions of the image, so that they hold at
    every size it is shown in; boxes are compared after rounding to a millionth. `tolerance` is a
    distance, 0.2 by default: nobody draws the same box twice.
    """

    kind = "boxes"

    choices: tuple[Option, ...]
    min_items: int
    max_items: int

    @classmethod
    def read(cls, reader: Reader, **basics: Unpack[Basics]) -> Self:
        """Keys: options, min_items (0), max_items (1000), tolerance (0.2)."""
        options = reader.take_options(1) if reader.has("options") else ()
        low = reader.take_count("min_items", 0, 0, ITEMS_MAX)
        high = reader.take_count("max_items", ITEMS_MAX, 1, ITEMS_MAX)
        if low > high:
            reader.refuse("min_items", "range", "“min_items” is larger than “max_items”.")
        tolerance = reader.take_number("tolerance", 0.2, 0, 0.99)
        return cls(choices=options, min_items=low, max_items=high, tolerance=tolerance, **basics)

    @property
    def metric(self) -> Metric:
        """Sets of boxes have a distance."""
        return "distance"

    @property
    def options(self) -> tuple[Option, ...]:
        """The labels that a box may have."""
        return self.choices

    @property
    def unwritten(self) -> frozenset[str]:
        """A box ends within the image."""
        return frozenset({"inside"})

    def schema(self) -> dict[str, Json]:
        """A list of different boxes."""
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

    def examine(self, value: Json, payload: Json) -> list[Refusal]:  # noqa: ARG002
        """Every box ends within the image."""
        message = "The box reaches beyond the image."
        return [
            Refusal(pointer(index, size), "inside", message)
            for index, part in enumerate(value)
            for corner, size in (("x", "width"), ("y", "height"))
            if part[corner] + part[size] > 1 + SLACK
        ]

    def key(self, value: Json) -> str:
        """The boxes in order of place, rounded to a millionth of the image, as JSON."""
        return json_text(sorted(_boxes(value)))

    def gap(self, first: Json, second: Json) -> float:
        """1 - 2S / (n + m) of the best pairing by intersection over union (`matching`)."""
        return matched_distance(_boxes(first), _boxes(second), _overlap)

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """The boxes that more than half drew (sharing at least half), each side their median."""
        answers = sorted(zip(map(_boxes, values), weights, strict=True), key=_place)
        groups = _grouped(answers)
        total = fsum(weights)
        empty = fsum(weight for boxes, weight in answers if not boxes)
        shares = [fsum(weight for _, weight in group) / total for group in groups] + [empty / total]
        if any(abs(share - 0.5) <= TIE for share in shares) or max(shares) < 0.5:
            return None
        chosen = [group for group, share in zip(groups, shares, strict=False) if share > 0.5]
        merged = {_as_drawn(_middle(group)) for group in chosen}
        if not self.min_items <= len(merged) <= self.max_items:
            return None
        return [_as_json(box) for box in sorted(merged)]

    def columns(self) -> list[Column]:
        """The boxes as JSON, and how many there are."""
        return [Column(self.name, "json"), Column(f"{self.name}.count", "integer")]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """The boxes as JSON, and how many there are."""
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
    """Intersection over union; 0 for different labels."""
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
    """The boxes that mean one thing, at most one of each answer.

    Answer by answer, in an order that does not depend on who came first, each box joins the group
    whose middle it shares most with in the best pairing, or begins a group.
    """
    groups: list[_Group] = []
    for boxes, weight in answers:
        own = sorted(boxes)
        middles = [_middle(group) for group in groups]
        pairs = {row: column for row, column, _ in best_pairs(own, middles, _same)}
        for row, box in enumerate(own):
            if row in pairs:
                groups[pairs[row]].append((box, weight))
            else:
                groups.append([(box, weight)])
    return groups


def _same(first: Box, second: Box) -> float:
    overlap = _overlap(first, second)
    return overlap if overlap >= SAME else 0.0


def _middle(group: _Group) -> Box:
    """Each side at the weighted median (the mean of the two middle ones) of the group."""
    weights = [weight for _, weight in group]
    sides = [medians([float(box[side]) for box, _ in group], weights) for side in range(4)]
    left, top, right, bottom = (fmean(side) for side in sides if side is not None)
    return left, top, right, bottom, group[0][0][4]


def _as_drawn(box: Box) -> Box:
    """Left, top, width, height, label: the form in which boxes are stored."""
    left, top = _rounded(box[0]), _rounded(box[1])
    width, height = _rounded(box[2] - left), _rounded(box[3] - top)
    return left, top, max(width, SMALLEST), max(height, SMALLEST), box[4]


def _as_json(box: Box) -> Json:
    sides = zip(("x", "y", "width", "height"), box[:4], strict=True)
    part: dict[str, Json] = {name: neat(side) for name, side in sides}
    return part | {"label": box[4]} if box[4] else part
