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
    """What work the caller wants. Everything may be left out: then the best of all comes."""

    projects: Annotated[list[ProjectName], Field(max_length=100)] | None = None
    task_types: Annotated[list[Name], Field(max_length=100)] | None = None
    stages: Annotated[list[Stage], Field(max_length=3)] | None = None
    items: Annotated[list[ExternalId], Field(max_length=ITEMS_MAX)] | None = None
    """Choose among these only; for callers whose role may pick."""
    count: Annotated[int, Field(ge=1, le=LEASES_MAX), INTEGRAL] = 1
    wait_seconds: Annotated[float, Field(ge=0, le=30)] = 0


class ContextVote(Strict):
    """One answer that a conflict is about. Who gave it is not told."""

    label: Label
    rules: list[str] = []
    note: str | None = None


class LeaseContext(Strict):
    """What an adjudicator or a reviewer sees beside the item."""

    reason: str
    fields: list[str] = []
    votes: list[ContextVote] = []
    skips: list[Skip] = []
    """Why annotators passed the task on."""
    label: Label | None = None
    """The decided label that is being reviewed."""


class Lease(Strict):
    """The right to one task until a time. Honeypots look like everything else."""

    lease_id: Id
    expires_at: Timestamp
    stage: Stage
    project: ProjectName
    spec_version: SpecVersion
    task_type: Name
    task_id: Id
    external_id: str | None = None
    """Told only to callers whose role may pick items."""
    payload: Payload | None
    """None where it is too large to travel inline: then `blob` says where it is."""
    blob: PayloadBlob | None = None
    prelabel: Prelabel | None = None
    draft: JsonValue = None
    context: LeaseContext | None = None


class Leases(Strict):
    """The leases that were given, or that the caller holds. Empty when there is nothing."""

    leases: list[Lease]


class AnnotationRequest(
    Strict,
    json_schema_extra={
        "examples": [{"label": {"mood": "calm"}, "rules": ["R1"], "active_ms": 4200}]
    },
):
    """An answer to a leased task."""

    label: dict[str, JsonValue]
    rules: Rules = []
    note: Text | None = None
    active_ms: Annotated[int, Field(ge=0, le=INT_MAX), INTEGRAL] | None = None


class AnnotationAccepted(Strict):
    """The answer is stored; it will not be lost. `held_until`: it can be changed until then."""

    annotation_id: Id
    held_until: Timestamp | None = None


class SkipRequest(
    Strict,
    json_schema_extra={
        "examples": [{"reason": "two_labels_fit", "labels": [{"mood": "calm"}, {"mood": "angry"}]}]
    },
):
    """Why the caller passes a task on."""

    reason: SkipReason
    note: Text | None = None
    labels: TwoLabels | None = None
    """With `two_labels_fit` alone: the two."""


class AdjudicationRequest(
    Strict,
    json_schema_extra={
        "examples": [
            {"label": {"mood": "calm"}, "rationale": "R1: the music counts.", "cause": "slip"}
        ]
    },
):
    """A binding decision where consensus failed, with the cause of the disagreement."""

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
    """A second look at a decided label."""

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
    """An unfinished answer, kept for its annotator."""

    draft: JsonValue


class BulkAnnotation(Strict):
    """One answer of a model or a function, to a task named by its item."""

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
    """Answers of a model or a function to many items of a project."""

    project: ProjectName
    annotations: Annotated[list[BulkAnnotation], Field(min_length=1, max_length=10_000)]


class BulkRefusal(Strict):
    """Why one of the answers was not taken."""

    index: int
    problem: str


class BulkAccepted(Strict):
    """What became of the answers. The same call again gives `unchanged`."""

    accepted: int
    unchanged: int
    refused: list[BulkRefusal]


class SpecView(Strict):
    """A spec version as a labeling page needs it: immutable, cacheable."""

    project: ProjectName
    version: SpecVersion
    hash: str
    document: SpecDocument
    label_schema: dict[str, JsonValue]


class QueueDepth(Strict):
    """What waits in one shard, at one priority."""

    project: ProjectName
    stage: Stage
    task_type: Name
    skill: str | None
    """The skills that are needed, with their levels."""
    circle: str = "all"
    """`experienced`: only people with a history in such work are asked yet."""
    priority: int
    ready: int
    """Answers that are wanted and not leased."""
    in_flight: int
    oldest_seconds: float
    per_minute: int = 0
    """Answers taken in the last minute."""


class PauseRequest(Strict, json_schema_extra={"examples": [{"paused": True}]}):
    """Whether work of a project is given out."""

    paused: bool


class Explanation(Strict):
    """Why nothing comes, or what comes next, in sentences."""

    project: ProjectName
    would_get: Literal["work", "nothing"]
    sentences: list[str]
    kind: AnnotatorKind
