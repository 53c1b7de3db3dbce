"""What kind of answer the recorded labels are, and how their text becomes a value."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

ScaleName = Literal["nominal", "ordinal", "interval"]
SCALES: tuple[ScaleName, ...] = ("nominal", "ordinal", "interval")
Value: TypeAlias = str | int | float

CLASSES_MAX = 20
"""More different numbers than this are taken for a quantity, not for names of classes."""
LEVELS_MAX = 101
OPTIONS_MAX = 1000
OPTION_CHARACTERS_MAX = 200
NUMBER_MAX = 2**53 - 1

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_CODE = re.compile(r"0\d")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Scale:
    """The type of the labels and why it is taken for that."""

    name: ScaleName
    why: str


def number(text: str) -> int | float | None:
    """The number that `text` writes, whole ones as int: `-0`, `0` and `0.0` are one. None: none."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value) or abs(value) > NUMBER_MAX:
        return None
    return int(value) if value.is_integer() else value


def guess(labels: Collection[str]) -> Scale:
    """What the labels look like. Numbers never show whether their order means something."""
    numbers = [number(label) for label in labels]
    if None in numbers or _are_codes(labels):
        return Scale("nominal", "a guess: not all labels are numbers")
    different = set(numbers)
    if any(isinstance(value, float) for value in different):
        return Scale("interval", "a guess: some labels are fractions")
    if len(different) > CLASSES_MAX:
        return Scale("interval", f"a guess: {len(different)} different numbers")
    classes = "class" if len(different) == 1 else "classes"
    return Scale("nominal", f"a guess: {len(different)} {classes}; their order is not known")


class Reading:
    """How labels of one scale are read: text in, the value of an answer out."""

    def __init__(self, scale: ScaleName, labels: Collection[str]) -> None:
        """`labels`: all that there are, which decides whether they are numbers."""
        self.scale = scale
        self.numeric = not _are_codes(labels) and all(number(one) is not None for one in labels)

    def value(self, text: str) -> Value | None:
        """The answer that `text` stands for; None if it cannot be one."""
        if self.scale == "interval":
            return number(text)
        told = self.plain(text)
        bad = not told or len(told) > OPTION_CHARACTERS_MAX or _CONTROL.search(told)
        return None if bad else told

    def plain(self, text: str) -> str:
        """The label as text: without outer white space, and `-0`, `0` and `0.0` as one."""
        value = number(text) if self.numeric else None
        return text.strip() if value is None else (repr(value) if value % 1 else str(int(value)))


def _are_codes(labels: Collection[str]) -> bool:
    """Whether a label begins with a zero as a code does: `007` is not 7."""
    return any(_CODE.match(label.lstrip("+-")) for label in labels)
