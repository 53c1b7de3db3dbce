"""The HTTP models of the dataset-store, and the records of a dataset version."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from schemas.field_definitions import FieldDefinition
from schemas.vocabulary import (
    INT_MAX,
    INTEGRAL,
    Annotator,
    AnnotatorKind,
    Cause,
    DatasetName,
    Id,
    Label,
    Name,
    Payload,
    Presentation,
    ProjectName,
    Sha256,
    SpecVersion,
    Strict,
    Timestamp,
    Verdict,
)

FORMAT: Final = "labelwright.dataset/1"

Tag = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]

How = Literal["unanimous", "share", "posterior", "distribution", "adjudicated", "review"]
ItemState = Literal["pending", "contested", "decided", "review_pending", "unreleased", "withdrawn"]
"""`unreleased`: decided, but some of the annotations have not arrived in the ledger yet."""


class PublishRequest(
    Strict, json_schema_extra={"examples": [{"project": "moods", "tag": "stable"}]}
):
    """A dataset version to be published: the decided labels of a project up to a decision."""

    project: ProjectName
    decision_no: Annotated[int, Field(ge=0, le=INT_MAX), INTEGRAL] | None = None
    """The cut: later decisions are ignored. None: all decisions are included."""
    tag: Tag | None = None
    """The tag that is moved to this version."""


class LeftOut(Strict):
    """The number of items of the project without a label in the version, by their state."""

    contested: int
    pending: int
    review_pending: int
    unreleased: int
    withdrawn: int = 0


class Published(Strict):
    """A published dataset version."""

    hash: Sha256
    dataset: DatasetName
    number: int
    records: int
    decision_no: int
    left_out: LeftOut


class RecordAnnotation(Strict):
    """One annotation behind a label."""

    annotation_id: Id
    annotator: Annotator
    annotator_kind: AnnotatorKind
    label: Label
    rules: list[str] = []
    """Absent from the canonical record when empty."""


class RecordAdjudication(Strict):
    """The adjudication behind a label."""

    adjudication_id: Id
    adjudicator: Annotator
    rationale: str
    cause: Cause
    rules: list[str] = []
    """Absent from the canonical record when empty."""


class Record(Strict):
    """One line of `records.jsonl`: an item with its label and the origin of the label.

    The line is the canonical JSON (RFC 8785) of the record; lines are sorted by `item_id`. The
    Merkle tree over the lines, without their line ends, gives the root in the manifest.
    """

    item_id: Id
    external_id: str | None
    payload: Payload | None
    """None if it is too large to be inline: `payload_sha256` names the blob."""
    payload_sha256: Sha256
    metadata: Payload
    source: str | None
    label: Label
    how: How
    why: str
    confidence: float | None
    distribution: dict[str, dict[str, float]]
    spec_version: SpecVersion
    decision_no: int
    annotations: list[RecordAnnotation]
    """Sorted by id."""
    adjudication: RecordAdjudication | None = None
    """Absent from the canonical record if the label was not adjudicated."""


class RecordsRoot(Strict):
    """The number of records, and the root of the Merkle tree (RFC 6962) over them."""

    count: int
    root: Sha256


class Core(Strict):
    """The content of a dataset version, whose canonical digest is the hash of the version."""

    format: Literal["labelwright.dataset/1"] = FORMAT
    project: ProjectName
    specs: dict[str, Sha256]
    """The hash of each spec version of the labels, by its number."""
    fields: dict[str, list[FieldDefinition]]
    """The fields of those spec versions."""
    records: RecordsRoot

    def content(self) -> dict[str, Any]:
        """Return the JSON value whose canonical digest is the hash of the version."""
        return Core.model_dump(self, mode="json", include=set(Core.model_fields))


class Rendering(Strict):
    """One file with the records. Its bytes depend on the writer; the Merkle root does not."""

    name: Literal["records.jsonl", "labels.parquet"]
    media_type: str
    bytes: int
    sha256: Sha256
    writer: str


class Publication(Strict):
    """The publication of a version in a dataset, with its number and time."""

    dataset: DatasetName
    number: int
    decision_no: int
    left_out: LeftOut
    published_at: Timestamp
    tags: list[Tag]


class Manifest(Core):
    """A dataset version: its content, its files, and the datasets that have it."""

    hash: Sha256
    renderings: list[Rendering]
    published: list[Publication]
    """Oldest first."""


class DatasetHead(Strict):
    """A dataset in a list."""

    dataset: DatasetName
    versions: int
    newest: Sha256


class Datasets(Strict):
    """The datasets that the caller may see, sorted by name."""

    datasets: list[DatasetHead]
    next: str | None = None
    """Pass it as `after` to get the next page; None on the last page."""


class VersionHead(Strict):
    """A dataset version in a list."""

    hash: Sha256
    number: int
    project: ProjectName
    records: int
    decision_no: int
    published_at: Timestamp
    tags: list[Tag]


class Versions(Strict):
    """The versions of a dataset, newest first."""

    dataset: DatasetName
    versions: list[VersionHead]
    next: str | None = None
    """Pass it as `after` to get the next page; None on the last page."""


ChangeCause = Literal[
    "item_changed", "new_spec", "review", "adjudication", "new_decision", "context"
]
"""The cause of a changed record. `context`: the label is the same, other properties differ."""


class DiffQuery(Strict):
    """The selection of a page of a difference."""

    after: Id | None = None
    limit: Annotated[int, Field(ge=1, le=10_000, strict=False), INTEGRAL] = 1000


class DiffItem(Strict):
    """A record that only one of two versions has."""

    item_id: Id
    external_id: str | None
    label: Label


class DiffChange(Strict):
    """A record that both versions have, with different content."""

    item_id: Id
    external_id: str | None
    before: Label
    after: Label
    label_changed: bool
    cause: ChangeCause


class DiffCounts(Strict):
    """The number of records by the way in which two versions differ."""

    added: int
    removed: int
    changed: int
    labels_changed: int
    unchanged: int


class Diff(Strict):
    """The difference of two versions, from `a` to `b`, sorted by item id."""

    a: Sha256
    b: Sha256
    counts: DiffCounts
    """The counts of the whole difference, not of this page."""
    added: list[DiffItem]
    removed: list[DiffItem]
    changed: list[DiffChange]
    next: str | None = None
    """Pass it as `after` to get the next page; None on the last page."""


class UseRequest(
    Strict, json_schema_extra={"examples": [{"model": "mood-tagger", "run": "2026-01-17"}]}
):
    """The use of a dataset version by a training run."""

    model: Name
    run: Name


class Use(UseRequest, json_schema_extra=None):
    """A training run that used a dataset version."""

    hash: Sha256
    used_at: Timestamp


class LineageDecision(Strict):
    """One decision about an item. All decisions are kept."""

    decision_no: int
    label: Label
    how: How
    why: str
    confidence: float | None
    annotation_ids: list[Id]
    supersedes: int | None
    released: bool
    """True if all annotations that it names are in the ledger."""
    contested: bool
    """True if a conflict was raised about it afterwards."""


class LineageConflict(Strict):
    """A conflict that an adjudicator had to decide."""

    fields: list[str]
    reason: str
    annotation_ids: list[Id]


class LineageSkip(Strict):
    """A skip of a task."""

    annotator: Annotator
    reason: str
    note: str | None


class LineageAnnotation(RecordAnnotation):
    """One annotation, with its note, the time of submission and what its annotator was shown."""

    note: str | None
    submitted_at: Timestamp
    presentation: Presentation = {}
    corrects: Id | None
    """The annotation that this one corrects; None for one that was made with the task."""


class LineageReview(Strict):
    """A review of a decision. `verdict` is None while it is open."""

    review_id: Id
    decision_no: int | None
    verdict: Verdict | None
    reviewer: Annotator | None
    label: Label | None
    comment: str | None


class LineageTask(Strict):
    """One task of an item, with its history under one spec version."""

    task_id: Id
    revision: int | None
    spec_version: SpecVersion
    spec_hash: Sha256 | None
    payload_sha256: Sha256 | None
    withdrawn: str | None
    """The reason why the task was withdrawn; None if it was not."""
    supersedes: Id | None
    reopens: Id | None
    annotations: list[LineageAnnotation]
    skips: list[LineageSkip]
    conflicts: list[LineageConflict]
    adjudications: list[RecordAdjudication]
    decisions: list[LineageDecision]
    reviews: list[LineageReview]


class LineageVersion(Strict):
    """A dataset version that contains a label of the item."""

    hash: Sha256
    dataset: DatasetName
    number: int
    decision_no: int
    """The decision of the label that it contains."""


class Lineage(Strict):
    """The lineage of an item: the origin of its labels, and the versions that contain them."""

    item_id: Id
    project: ProjectName
    external_id: str | None
    state: ItemState
    tasks: list[LineageTask]
    """Oldest first."""
    versions: list[LineageVersion]


class LabelsSummary(Strict):
    """The labels of a project by state. Every item is counted in exactly one state."""

    project: ProjectName
    items: int
    decided: dict[How, int]
    """The number of items with a label that a version would contain, by the way of decision."""
    contested: int
    pending: int
    review_pending: int
    unreleased: int
    withdrawn: int = 0
    """The number of items that were withdrawn from the project."""
    last_decision_no: int
    """0: no label is decided yet."""
