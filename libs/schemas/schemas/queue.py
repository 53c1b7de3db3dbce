"""The HTTP models of the queue service."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from schemas.vocabulary import (
    INT_MAX,
    INTEGRAL,
    AnnotatorKind,
    Cause,
    ExternalId,
    Id,
    Label,
    Name,
    Payload,
    PayloadBlob,
    Prelabel,
    Presentation,
    ProjectName,
    RuleId,
    Sentence,
    Skip,
    SkipReason,
    SpecDocument,
    SpecVersion,
    Stage,
    Strict,
    Text,
    Timestamp,
    TwoLabels,
    Verdict,
)

ITEMS_MAX = 1000
LEASES_MAX = 20

Rules = Annotated[list[RuleId], Field(max_length=100)]


class LeaseRequest(
    Strict,
    json_schema_extra={"examples": [{"projects": ["moods"], "count": 2, "wait_seconds": 10}]},
):
    """The kind of work that the caller wants. Without restrictions the most urgent work comes."""

    projects: Annotated[list[ProjectName], Field(max_length=100)] | None = None
    task_types: Annotated[list[Name], Field(max_length=100)] | None = None
    stages: Annotated[list[Stage], Field(max_length=3)] | None = None
    items: Annotated[list[ExternalId], Field(max_length=ITEMS_MAX)] | None = None
    """Choose among these items only; for callers whose role may select items."""
    count: Annotated[int, Field(ge=1, le=LEASES_MAX), INTEGRAL] = 1
    wait_seconds: Annotated[float, Field(ge=0, le=30)] = 0


class ContextVote(Strict):
    """One annotation of a task in conflict, without the annotator's identity."""

    label: Label
    rules: list[str] = []
    note: str | None = None


class LeaseContext(Strict):
    """The data that an adjudicator or a reviewer gets in addition to the item."""

    reason: str
    fields: list[str] = []
    votes: list[ContextVote] = []
    skips: list[Skip] = []
    """The skips of the task."""
    label: Label | None = None
    """The decided label that is being reviewed."""
    prelabel: Prelabel | None = None
    """The suggestion that annotators may have seen; None if the policy hides the annotations."""


class Lease(Strict):
    """The right to work on one task until it expires. Honeypots look like other tasks."""

    lease_id: Id
    expires_at: Timestamp
    stage: Stage
    project: ProjectName
    spec_version: SpecVersion
    task_type: Name
    task_id: Id
    external_id: str | None = None
    """Only for callers whose role may select items."""
    payload: Payload | None
    """None if it is too large to be sent inline: then `blob` has its address."""
    blob: PayloadBlob | None = None
    prelabel: Prelabel | None = None
    draft: JsonValue = None
    context: LeaseContext | None = None
    presentation: Presentation = {}
    """The order of the options to show, for the fields where it can sway the answer."""


class Leases(Strict):
    """The leases that were granted, or that the caller holds. Empty if there is no work."""

    leases: list[Lease]


class AnnotationRequest(
    Strict,
    json_schema_extra={
        "examples": [{"label": {"mood": "calm"}, "rules": ["R1"], "active_ms": 4200}]
    },
):
    """An annotation of a leased task."""

    label: dict[str, JsonValue]
    rules: Rules = []
    note: Text | None = None
    active_ms: Annotated[int, Field(ge=0, le=INT_MAX), INTEGRAL] | None = None


class AnnotationAccepted(Strict):
    """The annotation is stored durably. It can be changed until `held_until`."""

    annotation_id: Id
    held_until: Timestamp | None = None


class CorrectionRequest(
    Strict, json_schema_extra={"examples": [{"label": {"mood": "angry"}, "note": "I misread it."}]}
):
    """A correction of an own annotation."""

    label: dict[str, JsonValue]
    rules: Rules = []
    note: Text | None = None


class CorrectionAccepted(Strict):
    """The correction is stored durably."""

    annotation_id: Id
    """The annotation that is in force now."""


Command = Annotated[str, Field(pattern="^[a-z_]{1,40}$")]
Key = Annotated[str, Field(min_length=1, max_length=20)]


class Preferences(Strict, json_schema_extra={"examples": [{"keys": {"skip": "x"}}]}):
    """A person's own settings of the page. A key that is left out has its default."""

    keys: Annotated[
        dict[Command, Key], Field(max_length=50, json_schema_extra={"additionalProperties": False})
    ] = {}
    """The key of each command that has another one than by default, as `KeyboardEvent.key`."""


class SkipRequest(
    Strict,
    json_schema_extra={
        "examples": [{"reason": "two_labels_fit", "labels": [{"mood": "calm"}, {"mood": "angry"}]}]
    },
):
    """A skip of a task, with its reason."""

    reason: SkipReason
    note: Text | None = None
    labels: TwoLabels | None = None
    """The two labels that both fit; only with the reason `two_labels_fit`."""


class AdjudicationRequest(
    Strict,
    json_schema_extra={
        "examples": [
            {"label": {"mood": "calm"}, "rationale": "R1: the music counts.", "cause": "slip"}
        ]
    },
):
    """A binding decision on a task in conflict, with the cause of the disagreement."""

    label: dict[str, JsonValue]
    rationale: Sentence
    cause: Cause
    rules: Rules = []


class ReviewRequest(
    Strict,
    json_schema_extra={
        "examples": [{"verdict": "fix", "label": {"mood": "calm"}, "comment": "See R1."}]
    },
):
    """The verdict of a reviewer on a decided label."""

    verdict: Verdict
    label: dict[str, JsonValue] | None = None
    comment: Text | None = None


class AdjudicationAccepted(Strict):
    """The decision is stored."""

    adjudication_id: Id


class ReviewAccepted(Strict):
    """The second look is stored."""

    review_id: Id


class LeaseExtended(Strict):
    """The lease is held until then."""

    expires_at: Timestamp


class DraftRequest(Strict, json_schema_extra={"examples": [{"draft": {"mood": "calm"}}]}):
    """An unfinished annotation, kept for its annotator."""

    draft: JsonValue


class BulkAnnotation(Strict):
    """One annotation by a model or a function of the task of an item."""

    external_id: ExternalId
    label: dict[str, JsonValue]
    rules: Rules = []
    note: Text | None = None


class BulkRequest(
    Strict,
    json_schema_extra={
        "examples": [
            {
                "project": "moods",
                "annotations": [{"external_id": "song-17", "label": {"mood": "calm"}}],
            }
        ]
    },
):
    """Annotations by a model or a function of many items of a project."""

    project: ProjectName
    annotations: Annotated[list[BulkAnnotation], Field(min_length=1, max_length=10_000)]


class BulkRefusal(Strict):
    """The reason why one of the annotations was refused."""

    index: int
    problem: str


class BulkAccepted(Strict):
    """The result of the call. Annotations that were sent before are counted as `unchanged`."""

    accepted: int
    unchanged: int
    refused: list[BulkRefusal]


class SpecView(Strict):
    """A spec version for a labeling page: immutable, cacheable."""

    project: ProjectName
    version: SpecVersion
    hash: str
    document: SpecDocument
    label_schema: dict[str, JsonValue]


class QueueDepth(Strict):
    """The work that waits in one pool at one priority."""

    project: ProjectName
    stage: Stage
    task_type: Name
    skill: str | None
    """The required skills, with their levels."""
    circle: str = "all"
    """The audience. `experienced`: only people with experience in such work get it yet."""
    priority: int
    ready: int
    """The number of annotations that are needed and not leased."""
    in_flight: int
    oldest_seconds: float
    per_minute: int = 0
    """The number of annotations accepted in the last minute."""


class ActivityBucket(Strict):
    """The submissions of people, models and functions in one part of the period."""

    since: Timestamp
    annotations: int
    reviews: int
    adjudications: int


class ProjectActivity(Strict):
    """The state of a project's work, and its submissions over a period, without honeypots."""

    project: ProjectName
    paused: bool
    overdue: int
    """The number of open tasks, reviews and adjudications whose `due_at` has passed."""
    bucket_seconds: int
    """The length of each bucket."""
    buckets: list[ActivityBucket]
    """Oldest first, without a gap; the last one is not over yet."""


class PauseRequest(Strict, json_schema_extra={"examples": [{"paused": True}]}):
    """The new state of a project: `paused` stops new leases."""

    paused: bool


class Explanation(Strict):
    """The work that the caller would get next, or the reasons for getting none, in sentences."""

    project: ProjectName
    would_get: Literal["work", "nothing"]
    sentences: list[str]
    kind: AnnotatorKind
