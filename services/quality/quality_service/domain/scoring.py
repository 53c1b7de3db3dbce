"""Holding an answer against gold, and how far somebody gets who answers blindly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labels import Field, LabelSchema

GOLDS_MAX = 100
"""Of how many different gold answers the blind guess is worked out: the most frequent ones."""
LISTED_MAX = 50
"""Up to how many options every one is tried as the guess; of more only those that are gold."""
UNLISTED = 20
"""How many answers a field is taken to have where they cannot be listed."""


@dataclass(frozen=True, slots=True)
class FieldScore:
    """One field of an answer, held against its gold."""

    field: str
    given: Any
    expected: Any
    is_correct: bool


@dataclass(frozen=True, slots=True)
class Golds:
    """How many items have `label` as their gold."""

    label: dict[str, Any]
    count: int


def score(schema: LabelSchema, given: dict[str, Any], gold: dict[str, Any]) -> list[FieldScore]:
    """The score of each field that gold answers; none at all if gold is not a valid label.

    What gold leaves out is not judged: it may be optional, or hang on a field that is judged. An
    answer that the spec version does not accept is wrong in every field.
    """
    if schema.check(gold):
        return []
    readable = not schema.check(given)
    return [
        FieldScore(
            name,
            given.get(name),
            expected,
            readable and schema.field(name).is_correct(given.get(name), expected),
        )
        for name, expected in sorted(gold.items())
    ]


def equals(schema: LabelSchema, answer: dict[str, Any], suggested: dict[str, Any]) -> bool:
    """Whether an answer is in every field the one that was suggested, within the tolerance."""
    if schema.check(answer) or schema.check(suggested):
        return answer == suggested
    return all(
        schema.field(name).is_correct(answer.get(name), value) for name, value in suggested.items()
    )


def blind_shares(schema: LabelSchema, golds: Sequence[Golds]) -> tuple[float, int]:
    """What a blind guess gets on these golds, summed over their fields, and how many those are."""
    valid = [one for one in golds if not schema.check(one.label)]
    right, total = 0.0, 0
    for field in schema.fields:
        counts: dict[str, tuple[Any, int]] = {}
        for one in valid:
            if field.name in one.label:
                value = one.label[field.name]
                key = field.key(value)
                counts[key] = (value, counts.get(key, (value, 0))[1] + one.count)
        asked = sum(count for _, count in counts.values())
        right += asked * blind_accuracy(field, counts) if asked else 0.0
        total += asked
    return right, total


def blind_accuracy(field: Field, counts: Mapping[str, tuple[Any, int]]) -> float:
    """The accuracy of the best answer that takes no look at the item: always the same one.

    On skewed gold that is far more than one over the number of options. Every possible answer
    counts as one more gold, so that a handful of golds does not look like certainty. `counts`: the
    gold answers and how many items have each, by their text; at least one.
    """
    ranked = sorted(counts.items(), key=lambda one: (-one[1][1], one[0]))[:GOLDS_MAX]
    golds = [gold for _, gold in ranked]
    listed = field.answers if field.kind in ("choice", "rating") else ()
    tried = listed if 0 < len(listed) <= LISTED_MAX else [value for value, _ in golds]
    once = [(answer, 1) for answer in listed] if len(listed) <= LISTED_MAX else []
    best = max(_hits(field, answer, golds + once) for answer in tried)
    possible = len(listed) or UNLISTED
    return (best + (0 if once else 1)) / (sum(count for _, count in golds) + possible)


def _hits(field: Field, answer: Any, golds: Sequence[tuple[Any, int]]) -> int:  # noqa: ANN401
    return sum(count for value, count in golds if field.is_correct(answer, value))
