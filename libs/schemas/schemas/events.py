"""Every event of the system, past tense, in the order in which an item lives."""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas import topics
from schemas.envelope import Event
from schemas.vocabulary import (
    Accuracy,
    Annotator,
    AnnotatorKind,
    Cause,
    DatasetName,
    Id,
    Label,
    Measure,
    Overlap,
    Payload,
    Prelabel,
    Priority,
    Purpose,
    Relabel,
    Sha256,
    Signal,
    SkipReason,
    SpecVersion,
    Stage,
    Standing,
    Timestamp,
    Verdict,
)

IDS_MAX = 500
"""How many ids one event names at most; more become several events."""

Ids = Annotated[list[Id], Field(max_length=IDS_MAX)]


class SpecPublished(Event):
    """A spec version exists. It is immutable from now on."""

    topic = topics.SPECS
    keyed_by = "project"
    spec_version: SpecVersion
    spec_hash: Sha256
    document: dict[str, Any]
    resolves: list[Id] = []
    relabel: Relabel = "none"


class TaskCreated(Event):
    """One item is to be labeled under one spec version."""

    topic = topics.TASKS
    keyed_by = "task_id"
    task_id: Id
    item_id: Id
    external_id: str | None
    revision: int
    spec_version: SpecVersion
    task_type: str
    payload: Payload | None
    blob: Sha256 | None = None
    payload_sha256: Sha256
    source: str | None = None
    priority: Priority
    due_at: Timestamp | None = None
    skills: list[str] = []
    metadata: Payload = {}
    signals: list[Signal] = []
    prelabels: list[Prelabel] = []
    purpose: Purpose
    redundancy: int
    redundancy_max: int
    overlap: Overlap
    supersedes: Id | None = None
    reopens: Id | None = None


class TaskReprioritized(Event):
    """A task became more or less urgent."""

    topic = topics.TASKS
    keyed_by = "task_id"
    task_id: Id
    priority: Priority
    signals: list[Signal] = []


class TaskWithdrawn(Event):
    """Nobody need label this task any more."""

    topic = topics.TASKS
    keyed_by = "task_id"
    task_id: Id
    reason: Literal["superseded", "item_changed", "withdrawn"]
    superseded_by: Id | None = None


class GoldRegistered(Event):
    """The right label of an item is known. Only quality hears of it."""

    topic = topics.GOLD
    keyed_by = "task_id"
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    label: Label
    rules: list[str] = []


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


class RedundancyRaised(Event):
    """More people must answer a task: `target` in all. Whoever hears it takes the larger."""

    topic = topics.CONSENSUS
    keyed_by = "task_id"
    task_id: Id
    target: int
    why: str


class ConflictRaised(Event):
    """The answers do not settle a task; numbered with the decisions, so that a cut covers it."""

    topic = topics.CONSENSUS
    keyed_by = "task_id"
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    fields: list[str]
    reason: str
    annotation_ids: list[Id]
    scores: dict[str, dict[str, float]] = {}
    decision_no: int = 0


class LabelDecided(Event):
    """A task has its label. `decision_no` counts up per project and pins dataset versions."""

    topic = topics.CONSENSUS
    keyed_by = "task_id"
    decision_no: int
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    label: Label
    distribution: dict[str, dict[str, float]] = {}
    confidence: float | None
    how: Literal["unanimous", "share", "posterior", "distribution", "adjudicated", "review"]
    why: str
    annotation_ids: list[Id]
    supersedes: int | None = None


class RelabelRequested(Event):
    """These decided labels no longer hold under the newer spec version."""

    topic = topics.CONSENSUS
    keyed_by = "project"
    spec_version: SpecVersion
    item_ids: Ids
    why: str


class AgreementMeasured(Event):
    """How far people agree on one field, on a stated sample of the items."""

    topic = topics.AGREEMENT
    keyed_by = "project"
    spec_version: SpecVersion
    field: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_annotators: int
    n_pairable: int
    reason: str | None = None
    raw: float | None = None
    slice: dict[str, str] = {}
    sample: Literal["random_overlap", "prelabel_shown"] = "random_overlap"
    without_distrusted: Measure | None = None


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


class DatasetVersionPublished(Event):
    """A dataset version exists; its hash names exact content."""

    topic = topics.DATASET_VERSIONS
    keyed_by = "dataset"
    dataset: DatasetName
    number: int
    hash: Sha256
    records: int
    decision_no: int


class TagMoved(Event):
    """A name of a dataset version points elsewhere."""

    topic = topics.DATASET_VERSIONS
    keyed_by = "dataset"
    dataset: DatasetName
    tag: str
    hash: Sha256


class VersionUsed(Event):
    """A training run used a dataset version."""

    topic = topics.DATASET_VERSIONS
    keyed_by = "dataset"
    dataset: DatasetName
    hash: Sha256
    model: str
    run: str


EVENTS: dict[str, type[Event]] = {
    kind.kind(): kind for kind in Event.__subclasses__() if kind.__module__ == __name__
}
"""Every event by its CloudEvents type."""
