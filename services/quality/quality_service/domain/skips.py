"""Which skips speak against a specification, and between which answers people hesitated.

The rule: one annotator who says that the guideline does not cover an item, or that two labels fit,
makes it evidence. Where the two labels are named, it is evidence for the fields in which they
differ; else for every field. Bad data, a missing skill and other reasons say nothing of the spec.
"""

from collections.abc import Iterable, Sequence

from labels import LabelSchema
from schemas.canonical import canonical
from schemas.events import ConflictRaised
from schemas.vocabulary import Label, SkipReason

OF_THE_SPEC: tuple[SkipReason, ...] = ("guideline_does_not_cover", "two_labels_fit")


def doubted(reason: SkipReason, labels: Sequence[Label]) -> list[str] | None:
    """The fields that a skip speaks against; an empty list: all; None: not against the spec."""
    if reason not in OF_THE_SPEC:
        return None
    if len(labels) != 2:
        return []
    first, second = labels
    return sorted(name for name in {*first, *second} if _text(first, name) != _text(second, name))


def _text(label: Label, name: str) -> bytes | None:
    return canonical(label[name]) if name in label else None


def contested(conflict: ConflictRaised) -> list[str] | None:
    """The fields that a conflict speaks against, as in `doubted`.

    One that skips raised does so only if some of them do: that many people met bad data, or lacked
    a skill, is no fault of the specification.
    """
    if conflict.raised_by != "skips":
        return conflict.fields
    against = [doubted(skip.reason, skip.labels) for skip in conflict.skips]
    found = [fields for fields in against if fields is not None]
    if not found:
        return None
    if any(not fields for fields in found):
        return conflict.fields
    return sorted({name for fields in found for name in fields})


def hesitations(
    schema: LabelSchema, field: str, named: Iterable[Sequence[Label]]
) -> list[list[str]]:
    """For each two labels their answers to `field`, as canonical text; empty if it is absent.

    None for labels that the spec version does not accept.
    """
    one = schema.field(field)
    return [
        []
        if any(schema.check(label) for label in labels)
        else [one.key(label[field]) if field in label else "" for label in labels]
        for labels in named
    ]
