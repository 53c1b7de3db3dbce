"""The HTTP models of the preview of a spec version: the effects that publishing it would have.

The body is the request to publish it. Each service answers for the data that it has.
"""

from typing import Literal

from pydantic import JsonValue

from schemas.vocabulary import SpecVersion, Strict

RelabelByLabel = Literal["none", "touched", "all"]
"""The values of `relabel` whose effect follows from the labels, without evidence."""


class SpecChange(Strict):
    """One difference between two spec documents, in terms of what annotators see or do."""

    part: Literal["task_type", "field", "option", "rule", "policy"]
    change: Literal["added", "removed", "changed", "moved"]
    """`moved`: at another place in the order that annotators see."""
    name: str
    """The name of the field or policy key, the id of the rule, or the value of the option."""
    field: str | None = None
    """The field of an option."""
    key: str | None = None
    """The key of the field, option or rule whose value has changed."""
    pointer: str
    """Its JSON pointer in the new document; in the old one if it was removed."""
    before: JsonValue = None
    after: JsonValue = None


class FieldProof(Strict):
    """The effect of a spec version on the labels of a field that an older version has."""

    field: str
    stays_valid: bool
    """True if it is proved that no label becomes invalid by this field; false if it is not."""
    refused: dict[str, JsonValue] | None = None
    """The JSON Schema of the answers that the new version does not accept, where it has one."""


class SpecPreview(Strict):
    """The effects of a spec version on the items of a project, by comparison with the newest."""

    base_version: SpecVersion | None
    """The newest version; None before the first is published."""
    changes: list[SpecChange]
    """Empty if nothing changes: then publishing creates no version."""
    stays_valid: bool
    """True if it is proved that every label of the newest version is valid under the new one."""
    fields: list[FieldProof]
    open_items: int
    """The undecided items: their tasks are withdrawn and created again, whatever changes."""
    decided_items: int
    """The decided items, which are labeled again or not according to `relabel`."""
    gold: int
    gold_refused: int
    """The gold labels that the new version does not accept: they are not used as honeypots."""


class AnnotationCost(Strict):
    """The number of annotations that it takes to label items."""

    items: int
    least: int
    """If all annotators agree."""
    most: int
    """If every item needs the most annotators that the policy allows."""
    expected: float | None
    """By the number that the labels so far took. None if the policy decides otherwise than before,
    or if there are no labels yet."""


class LabelPreview(Strict):
    """The effects of a spec version on the labels of a project, and their cost in annotations."""

    base_version: SpecVersion | None
    """The newest version that is known; None before the first."""
    labels: int
    """The number of decided items."""
    refused: int
    """The labels that the new version does not accept."""
    refused_fields: dict[str, int]
    """The number of them by field."""
    citing: int
    """The labels whose decision cites a rule that is changed or removed."""
    cited_rules: dict[str, int]
    """The number of them by rule."""
    touched: int
    """The labels that are refused or cite such a rule: `relabel: touched` labels them again."""
    open_tasks: int
    """The undecided tasks, which are withdrawn and created again."""
    annotations_lost: int
    """The annotations that these tasks have already."""
    cost_open: AnnotationCost
    """The cost of labeling the undecided items."""
    cost_relabel: dict[RelabelByLabel, AnnotationCost]
    """The further cost for each value of `relabel` that depends on labels alone."""
