"""What quality says: of annotators, of reviews, of specifications that fail."""

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
    """Whether an annotator may work in a project changed, and why."""

    topic = topics.ANNOTATORS
    keyed_by = "annotator"
    annotator: Annotator
    standing: Standing
    reason: str
    accuracy: Accuracy
    last_good_at: Timestamp | None = None


class SkillChanged(Event):
    """An annotator's level in a skill changed. 0: does not have it."""

    topic = topics.ANNOTATORS
    keyed_by = "annotator"
    annotator: Annotator
    skill: str
    level: int


class HoneypotScored(Event):
    """One answer to a honeypot was held against its gold, after the fact."""

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
    """A decided label is to be looked at by a second person."""

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
    """The specification, not a person, is what fails."""

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
    """Why people disagreed, as those who settled the conflicts say."""

    topic = topics.SPEC_ISSUES
    keyed_by = "project"
    issue_id: Id
    cause: Cause
    causes: dict[str, int]


class EvidenceRelabelRequested(Event):
    """The items that spoke against the old spec version are to be labeled again under the new."""

    topic = topics.SPEC_ISSUES
    keyed_by = "project"
    issue_id: Id
    spec_version: SpecVersion
    item_ids: Ids


class SpecIssueResolved(Event):
    """A newer spec version says that it mends the issue."""

    topic = topics.SPEC_ISSUES
    keyed_by = "project"
    issue_id: Id
    spec_version: SpecVersion
