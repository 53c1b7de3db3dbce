"""What the queue says: what people did with the work they were given."""

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
    Purpose,
    SkipReason,
    SpecVersion,
    Stage,
    Standing,
    Timestamp,
    Verdict,
)


class AnnotationSubmitted(Event):
    """One annotator answered one task."""

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


class TaskSkipped(Event):
    """One annotator passed a task on, and said why."""

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
    """The two labels that fit, if the reason says so and they were named."""


class ReviewDecided(Event):
    """A reviewer looked at a decided label."""

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
    """Where several must accept: who did, in their order, before this one."""


class AdjudicationDecided(Event):
    """An adjudicator settled a conflict, and said why people had disagreed."""

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
    """A lease ran out without an answer; the work is offered again."""

    topic = topics.LEASES
    keyed_by = "task_id"
    lease_id: Id
    task_id: Id
    stage: Stage
    annotator: Annotator
    leased_at: Timestamp
