"""Score answers against gold, and estimate the accuracy of guessing (the chance level)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labels import Field, LabelSchema

GOLDS_MAX = 100
"""The chance level is computed from at most this number of gold answers, the most frequent."""
LISTED_MAX = 50
"""With at most this number of options each is tried as the guess; else only gold answers are."""
UNLISTED = 20
"""The assumed number of possible answers to a field whose answers cannot be listed."""


@dataclass(frozen=True, slots=True)
class FieldScore:
    """The score of one field of an answer against its gold."""

    field: str
    answer: Any
    expected: Any
    is_correct: bool


@dataclass(frozen=True, slots=True)
class GoldCount:
    """A gold label with the number of items that have it."""

    label: dict[str, Any]
    count: int


def score(schema: LabelSchema, answer: dict[str, Any], gold: dict[str, Any]) -> list[FieldScore]:
    """Return the score of each field that gold answers; an empty list if gold is invalid.

    Fields that gold leaves out are not scored: they may be optional, or depend on a scored field.
    An answer that the spec version does not accept is wrong in every field.
    """
    if schema.check(gold):
        return []
    is_valid = not schema.check(answer)
    return [
        FieldScore(
            name,
            answer.get(name),
            expected,
            is_valid and schema.field(name).is_correct(answer.get(name), expected),
        )
        for name, expected in sorted(gold.items())
    ]


def equals(schema: LabelSchema, answer: dict[str, Any], suggested: dict[str, Any]) -> bool:
    """Return true if the answer equals the suggestion in every field, within the tolerance."""
    if schema.check(answer) or schema.check(suggested):
        return answer == suggested
    return all(
        schema.field(name).is_correct(answer.get(name), value) for name, value in suggested.items()
    )


def chance_hits(schema: LabelSchema, golds: Sequence[GoldCount]) -> tuple[float, int]:
    """Return the expected number of fields that a guess gets right, and the number of fields.

    Both are sums over all valid golds and their fields.
    """
    valid = [gold for gold in golds if not schema.check(gold.label)]
    right, total = 0.0, 0
    for field in schema.fields:
        counts: dict[str, tuple[Any, int]] = {}
        for gold in valid:
            if field.name in gold.label:
                value = gold.label[field.name]
                key = field.key(value)
                counts[key] = (value, counts.get(key, (value, 0))[1] + gold.count)
        n_golds = sum(count for _, count in counts.values())
        right += n_golds * chance_level(field, counts) if n_golds else 0.0
        total += n_golds
    return right, total


def chance_level(field: Field, counts: Mapping[str, tuple[Any, int]]) -> float:
    """Return the accuracy of the best constant answer to `field`, in (0, 1].

    `counts` maps a canonical key to (gold answer, count), at least one. On skewed gold the level
    is far more than one over the number of options. Every possible answer counts as one more gold
    (Laplace smoothing), so that a handful of golds does not make guessing look certain.
    """
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1][1], entry[0]))[:GOLDS_MAX]
    golds = [gold for _, gold in ranked]
    listed = field.answers if field.kind in ("choice", "rating") else ()
    candidates = listed if 0 < len(listed) <= LISTED_MAX else [value for value, _ in golds]
    smoothing = [(answer, 1) for answer in listed] if len(listed) <= LISTED_MAX else []
    best = max(_matching(field, answer, golds + smoothing) for answer in candidates)
    possible = len(listed) or UNLISTED
    return (best + (0 if smoothing else 1)) / (sum(count for _, count in golds) + possible)


def _matching(field: Field, answer: Any, golds: Sequence[tuple[Any, int]]) -> int:  # noqa: ANN401
    return sum(count for value, count in golds if field.is_correct(answer, value))
