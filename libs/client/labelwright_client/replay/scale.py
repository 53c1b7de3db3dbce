"""The scale of recorded labels, and the parser of their text."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from schemas.json_values import INTEGER_MAX

ScaleName = Literal["nominal", "ordinal", "interval"]
SCALES: tuple[ScaleName, ...] = ("nominal", "ordinal", "interval")
Value: TypeAlias = str | int | float

CLASSES_MAX = 20
"""More different numbers than this are taken as a quantity, not as classes."""
LEVELS_MAX = 101
OPTIONS_MAX = 1000
OPTION_CHARACTERS_MAX = 200

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_CODE = re.compile(r"0\d")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of the labels, and the reason why it was chosen."""

    name: ScaleName
    why: str


def parse_number(text: str) -> int | float | None:
    """Return the number in `text`, an int if it is whole; None if it is not a number."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value) or abs(value) > INTEGER_MAX:
        return None
    return int(value) if value.is_integer() else value


def guess_scale(labels: Collection[str]) -> Scale:
    """Guess the scale of labels. `ordinal` is never guessed: numbers do not show it."""
    numbers = [parse_number(label) for label in labels]
    if None in numbers or _are_codes(labels):
        return Scale("nominal", "a guess: not all labels are numbers")
    different = set(numbers)
    if any(isinstance(value, float) for value in different):
        return Scale("interval", "a guess: some labels are fractions")
    if len(different) > CLASSES_MAX:
        return Scale("interval", f"a guess: {len(different)} different numbers")
    classes = "class" if len(different) == 1 else "classes"
    return Scale("nominal", f"a guess: {len(different)} {classes}; their order is not known")


class LabelParser:
    """Parses labels of one scale: the text in a file becomes the value of an answer."""

    def __init__(self, scale: ScaleName, labels: Collection[str]) -> None:
        """`labels` are all labels of the recording: they are numbers only if every one is."""
        self.scale = scale
        self.numeric = not _are_codes(labels) and all(
            parse_number(label) is not None for label in labels
        )

    def value(self, text: str) -> Value | None:
        """Return the value that `text` stands for; None if it is not valid on this scale."""
        if self.scale == "interval":
            return parse_number(text)
        label = self.plain(text)
        is_bad = not label or len(label) > OPTION_CHARACTERS_MAX or _CONTROL.search(label)
        return None if is_bad else label

    def plain(self, text: str) -> str:
        """Return the canonical text of a label: stripped, and `-0` and `0.0` written as `0`."""
        value = parse_number(text) if self.numeric else None
        return text.strip() if value is None else (repr(value) if value % 1 else str(int(value)))


def _are_codes(labels: Collection[str]) -> bool:
    """Return True if a label begins with a zero, as the code `007` does, which is not 7."""
    return any(_CODE.match(label.lstrip("+-")) for label in labels)
