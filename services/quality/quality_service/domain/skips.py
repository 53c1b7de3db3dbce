"""Derive evidence against a specification from skips: disputed fields and ambiguous answers.

The rule: if one annotator says that the guideline does not cover an item, or that two labels fit,
the item is evidence. If the two labels are named, it is evidence for the fields in which they
differ; else for every field. Bad data, a missing skill and other reasons are no evidence.
"""

from collections.abc import Iterable, Sequence

from labels import LabelSchema
from schemas.canonical import canonical
from schemas.events import ConflictRaised
from schemas.vocabulary import Label, SkipReason

SPEC_REASONS: tuple[SkipReason, ...] = ("guideline_does_not_cover", "two_labels_fit")


def disputed_fields(reason: SkipReason, labels: Sequence[Label]) -> list[str] | None:
    """Return the fields that a skip disputes; empty: all fields; None: it is no evidence."""
    if reason not in SPEC_REASONS:
        return None
    if len(labels) != 2:
        return []
    first, second = labels
    return sorted(name for name in {*first, *second} if _text(first, name) != _text(second, name))


def _text(label: Label, name: str) -> bytes | None:
    return canonical(label[name]) if name in label else None


def disputed_by_conflict(conflict: ConflictRaised) -> list[str] | None:
    """Return the fields that a conflict disputes; empty: all fields; None: it is no evidence.

    A conflict raised by skips is evidence only if one of the skips is: bad data or a missing
    skill is not the fault of the specification, however many annotators report it.
    """
    if conflict.raised_by != "skips":
        return conflict.fields
    disputed = [disputed_fields(skip.reason, skip.labels) for skip in conflict.skips]
    found = [fields for fields in disputed if fields is not None]
    if not found:
        return None
    if any(not fields for fields in found):
        return conflict.fields
    return sorted({name for fields in found for name in fields})


def ambiguous_pairs(
    schema: LabelSchema, field: str, pairs: Iterable[Sequence[Label]]
) -> list[list[str]]:
    """Return, for each pair of labels, their answers to `field` as canonical text.

    An absent answer is the empty text. A pair with a label that the spec version does not accept
    has no answers: its list is empty.
    """
    answer_type = schema.field(field)
    return [
        []
        if any(schema.check(label) for label in labels)
        else [answer_type.key(label[field]) if field in label else "" for label in labels]
        for labels in pairs
    ]
