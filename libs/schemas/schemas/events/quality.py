"""The events that quality publishes: about annotators, reviews and spec issues."""

from typing import Any

from schemas import topics
from schemas.envelope import Event
from schemas.vocabulary import (
    Accuracy,
    Annotator,
    Cause,
    Id,
    Ids,
    Label,
    SpecVersion,
    Standing,
    Timestamp,
)


class AnnotatorStandingChanged(Event):
    """The standing of an annotator in a project changed, for the given reason."""

    topic = topics.ANNOTATORS
    keyed_by = "annotator"
    annotator: Annotator
    standing: Standing
    reason: str
    accuracy: Accuracy
    last_good_at: Timestamp | None = None


class SkillChanged(Event):
    """The level of an annotator in a skill changed. 0: the annotator does not have the skill."""

    topic = topics.ANNOTATORS
    keyed_by = "annotator"
    annotator: Annotator
    skill: str
    level: int


class HoneypotScored(Event):
    """One field of an annotation of a honeypot was compared with its gold."""

    topic = topics.SCORES
    keyed_by = "annotator"
    annotator: Annotator
    annotation_id: Id
    task_id: Id
    field: str
    given: Any
    expected: Any
    correct: bool


class ReviewRequested(Event):
    """A decided label is to be reviewed by a second person."""

    topic = topics.REVIEWS
    keyed_by = "task_id"
    review_id: Id
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    decision_no: int
    label: Label
    reason: str


class SpecIssueOpened(Event):
    """A spec issue was opened: the disagreement is due to the specification, not to a person."""

    topic = topics.SPEC_ISSUES
    keyed_by = "project"
    issue_id: Id
    spec_version: SpecVersion
    field: str
    metric: str
    value: float
    low: float
    high: float
    floor: float
    why: str


class SpecIssueDiagnosed(Event):
    """The cause of a spec issue is known from the causes that adjudicators gave."""

    topic = topics.SPEC_ISSUES
    keyed_by = "project"
    issue_id: Id
    cause: Cause
    causes: dict[str, int]


class EvidenceRelabelRequested(Event):
    """The items with evidence against the old spec version are to be labeled again."""

    topic = topics.SPEC_ISSUES
    keyed_by = "project"
    issue_id: Id
    spec_version: SpecVersion
    item_ids: Ids


class SpecIssueResolved(Event):
    """A newer spec version was published that names the issue as resolved."""

    topic = topics.SPEC_ISSUES
    keyed_by = "project"
    issue_id: Id
    spec_version: SpecVersion
