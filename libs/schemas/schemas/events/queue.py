"""The events that the queue publishes: about annotations, skips, reviews and leases."""

from typing import Literal

from schemas import topics
from schemas.envelope import Event
from schemas.vocabulary import (
    Annotator,
    AnnotatorKind,
    Cause,
    Id,
    Label,
    NoneOrTwoLabels,
    Prelabel,
    Presentation,
    Purpose,
    SkipReason,
    SpecVersion,
    Stage,
    Standing,
    Timestamp,
    Verdict,
)


class AnnotationSubmitted(Event):
    """An annotator annotated a task."""

    topic = topics.ANNOTATIONS
    keyed_by = "task_id"
    annotation_id: Id
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    purpose: Purpose
    annotator: Annotator
    annotator_kind: AnnotatorKind
    standing: Standing
    label: Label
    rules: list[str] = []
    note: str | None = None
    prelabel: Literal["shown", "hidden", "none"] = "none"
    prelabel_given: Prelabel | None = None
    leased_at: Timestamp
    submitted_at: Timestamp
    active_ms: int | None = None
    presentation: Presentation = {}


class AnnotationCorrected(Event):
    """An annotator corrected an own annotation after its undo period.

    It has the fields of an annotation: it is one, in the place of another.
    """

    topic = topics.ANNOTATIONS
    keyed_by = "task_id"
    annotation_id: Id
    """The id of the correction, with which decisions that are based on it name it."""
    corrects: Id
    """The annotation as it was submitted, also if it was corrected before."""
    number: int
    """1 for the first correction of an annotation; the one with the highest number is in force."""
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    purpose: Purpose
    annotator: Annotator
    annotator_kind: AnnotatorKind
    standing: Standing
    label: Label
    rules: list[str] = []
    note: str | None = None
    prelabel: Literal["shown", "hidden", "none"] = "none"
    leased_at: Timestamp
    submitted_at: Timestamp
    """The time of the correction."""
    presentation: Presentation = {}


class TaskSkipped(Event):
    """An annotator skipped a task, for the given reason."""

    topic = topics.ANNOTATIONS
    keyed_by = "task_id"
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    purpose: Purpose
    stage: Stage
    annotator: Annotator
    reason: SkipReason
    note: str | None = None
    labels: NoneOrTwoLabels = []
    """The two labels that both fit, if that is the reason and the annotator named them."""


class ReviewDecided(Event):
    """A reviewer accepted, fixed or rejected a decided label."""

    topic = topics.ANNOTATIONS
    keyed_by = "task_id"
    review_id: Id
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    reviewer: Annotator
    verdict: Verdict
    label: Label | None = None
    comment: str | None = None
    accepted_before: list[Annotator] = []
    """If several reviewers must accept: those who accepted before this one, in order."""


class AdjudicationDecided(Event):
    """An adjudicator decided a conflict, and gave the cause of the disagreement."""

    topic = topics.ANNOTATIONS
    keyed_by = "task_id"
    adjudication_id: Id
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    adjudicator: Annotator
    label: Label
    rationale: str
    cause: Cause
    rules: list[str] = []


class LeaseExpired(Event):
    """A lease expired without an annotation; the task can be leased again."""

    topic = topics.LEASES
    keyed_by = "task_id"
    lease_id: Id
    task_id: Id
    stage: Stage
    annotator: Annotator
    leased_at: Timestamp
