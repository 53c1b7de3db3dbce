"""Aggregates several answers into one; a tie gives no answer, so that a person decides.

Weights are summed by `math.fsum`, so that the order of the answers does not change the result.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from labels.canonical_text import json_text
from labels.refusal import Json

TIE = 1e-9
"""Two sums of weights are tied if they differ by at most this share of the total."""


def checked_weights(values: Sequence[Json], weights: Sequence[float] | None) -> list[float]:
    """Return the weights, 1 each by default.

    Raises ValueError if a weight is negative, infinite or missing.
    """
    if weights is None:
        return [1.0] * len(values)
    if len(weights) != len(values):
        raise ValueError(f"{len(values)} values have {len(weights)} weights.")
    if any(not math.isfinite(weight) or weight < 0 for weight in weights):
        raise ValueError("A weight is a number, and not negative.")
    return [float(weight) for weight in weights]


def plurality(
    values: Sequence[Json], weights: Sequence[float], key: Callable[[Json], str]
) -> Json | None:
    """Return the answer with the largest weight; None in a tie, or if all weights are 0."""
    spellings: dict[str, dict[str, list[float]]] = {}
    written: dict[str, Json] = {}
    for value, weight in zip(values, weights, strict=True):
        text = json_text(value)
        written[text] = value
        spellings.setdefault(key(value), {}).setdefault(text, []).append(weight)
    sums = {name: math.fsum(chain(*texts.values())) for name, texts in spellings.items()}
    ranked = sorted(sums, key=sums.__getitem__, reverse=True)
    total = math.fsum(weights)
    if total == 0 or (len(ranked) > 1 and sums[ranked[0]] - sums[ranked[1]] <= TIE * total):
        return None
    return written[_usual(spellings[ranked[0]])]


def _usual(spellings: dict[str, list[float]]) -> str:
    """Return the spelling with the largest weight; of equal ones, the first in order."""
    return min(spellings, key=lambda text: (-math.fsum(spellings[text]), text))


def medians(positions: Sequence[float], weights: Sequence[float]) -> tuple[float, float] | None:
    """Return the lower and the upper weighted median, which differ in a tie.

    None if all weights are 0.
    """
    total = math.fsum(weights)
    if total == 0:
        return None
    pairs = sorted(zip(positions, weights, strict=True))
    low = high = pairs[0][0]
    below: list[float] = []
    for position, weight in pairs:
        if math.fsum(below) < total * (0.5 - TIE) and weight > 0:
            low = position
        if math.fsum(below) <= total * (0.5 + TIE) and weight > 0:
            high = position
        below.append(weight)
    return low, high


def majority_parts(answers: Sequence[Iterable[str]], weights: Sequence[float]) -> set[str] | None:
    """Return the parts that more than half of the weight contains; None if one has exactly half.

    The result is empty only if more than half of the weight answered with no parts: three people
    who marked three different parts did not agree that there are none.
    """
    total = math.fsum(weights)
    support: dict[str, list[float]] = {"": []}
    for answer, weight in zip(answers, weights, strict=True):
        for part in set(answer) or {""}:
            support.setdefault(part, []).append(weight)
    shares = {part: math.fsum(own) / total for part, own in support.items()} if total else {}
    if not shares or any(abs(share - 0.5) <= TIE for share in shares.values()):
        return None
    chosen = {part for part, share in shares.items() if share > 0.5}
    return chosen - {""} if chosen else None
