"""Count the labels that a new spec version affects, and the annotations that new labels take."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labels import LabelSchema
from schemas.spec_previews import AnnotationCost
from schemas.vocabulary import Policy

_DECISIVE = ("redundancy", "redundancy_max", "overlap_share", "decide", "decide_fields", "deciders")
"""The keys of a policy that the number of annotations for a label depends on."""


@dataclass(slots=True)
class AffectedLabels:
    """The counts of the labels that a new spec version affects."""

    labels: int = 0
    refused: int = 0
    citing: int = 0
    touched: int = 0
    refused_fields: Counter[str] = field(default_factory=Counter)
    cited_rules: Counter[str] = field(default_factory=Counter)

    def add(self, label: Mapping[str, Any], new: LabelSchema, cited: set[str], count: int) -> None:
        """Count `count` equal labels; `cited` are the rules among those changed that they cite."""
        refusals = new.check(label)
        self.labels += count
        self.refused += count * bool(refusals)
        self.citing += count * bool(cited)
        self.touched += count * bool(refusals or cited)
        for name in {refusal.pointer.split("/")[1] for refusal in refusals}:
            self.refused_fields[name] += count
        for rule in cited:
            self.cited_rules[rule] += count


def annotation_cost(items: int, policy: Policy, mean: float | None) -> AnnotationCost:
    """Return the cost of labeling `items` under `policy`.

    `mean`: the number of annotations of a label so far, None if that says nothing about `policy`.
    Items that are not in the agreement sample get one annotation at first.
    """
    first = policy.overlap_share * policy.redundancy + (1 - policy.overlap_share)
    return AnnotationCost(
        items=items,
        least=round(items * first),
        most=items * policy.redundancy_max,
        expected=None if mean is None else items * mean,
    )


def is_decided_alike(old: Policy, new: Policy) -> bool:
    """Return True if labels take the same number of annotations under both policies."""
    return all(getattr(old, key) == getattr(new, key) for key in _DECISIVE)
