"""The HTTP models of the dataset-store, and the records that a dataset version is made of."""

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
ItemState = Literal["pending", "contested", "decided", "review_pending", "unreleased"]
"""`unreleased`: decided, but some of the annotations have not arrived in the ledger yet."""


class PublishRequest(
    Strict, json_schema_extra={"examples": [{"project": "moods", "tag": "stable"}]}
):
    """A dataset version to be published: the decided labels of a project up to a decision."""

    project: ProjectName
    decision_no: Annotated[int, Field(ge=0, le=INT_MAX), INTEGRAL] | None = None
    """The cut: later decisions are as if they had not been made. None: all that are there."""
    tag: Tag | None = None
    """A name that points at this version from now on."""


class LeftOut(Strict):
    """How many items of the project have no label in the version, by the state they are in."""

    contested: int
    pending: int
    review_pending: int
    unreleased: int


class JobAccepted(Strict):
    """A piece of work that takes longer than its request; `url` tells how far it is."""

    job_id: Id
    url: str


class Published(Strict):
    """A dataset version exists under this hash."""

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
    """The decision of a person behind a label."""

    adjudication_id: Id
    adjudicator: Annotator
    rationale: str
    cause: Cause
    rules: list[str] = []
    """Absent from the canonical record when empty."""


class Record(Strict):
    """One line of `records.jsonl`: an item with its label, and how that came about.

    The line is the canonical JSON (RFC 8785) of the record; lines are sorted by `item_id`. The
    Merkle tree over the lines, without their line ends, gives the root in the manifest.
    """

    item_id: Id
    external_id: str | None
    payload: Payload | None
    """None where it is too large to travel inline: `payload_sha256` names the blob."""
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
    """By id."""
    adjudication: RecordAdjudication | None = None
    """Absent from the canonical record when nobody had to adjudicate."""


class RecordsRoot(Strict):
    """How many records there are, and the root of the Merkle tree (RFC 6962) over them."""

    count: int
    root: Sha256


class Core(Strict):
    """What a dataset version is. Its hash is the canonical digest of exactly this."""

    format: Literal["labelwright.dataset/1"] = FORMAT
    project: ProjectName
    specs: dict[str, Sha256]
    """The hash of each spec version that a label was made under, by its number."""
    fields: dict[str, list[FieldDefinition]]
    """The fields of those spec versions."""
    records: RecordsRoot

    def content(self) -> dict[str, Any]:
        """What `hash` is the canonical digest of."""
        return Core.model_dump(self, mode="json", include=set(Core.model_fields))


class Rendering(Strict):
    """One file that holds the records. Its bytes depend on the writer; the root does not."""

    name: Literal["records.jsonl", "labels.parquet"]
    media_type: str
    bytes: int
    sha256: Sha256
    writer: str


class Publication(Strict):
    """That a dataset has this version, under which number, since when."""

    dataset: DatasetName
    number: int
    decision_no: int
    left_out: LeftOut
    published_at: Timestamp
    tags: list[Tag]


class Manifest(Core):
    """A dataset version: what it is, where its bytes are, and which datasets have it."""

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
    """The datasets that the caller may see, by name."""

    datasets: list[DatasetHead]
    next: str | None = None
    """Pass it as `after` for what follows; None at the end."""


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
    """Pass it as `after` for what follows; None at the end."""


ChangeCause = Literal[
    "item_changed", "new_spec", "review", "adjudication", "new_decision", "context"
]
"""Why a record changed. `context`: the label stands, something beside it is different."""


class DiffQuery(Strict):
    """Which page of a difference is asked for."""

    after: Id | None = None
    limit: Annotated[int, Field(ge=1, le=10_000, strict=False), INTEGRAL] = 1000


class DiffItem(Strict):
    """A record that only one of two versions has."""

    item_id: Id
    external_id: str | None
    label: Label


class DiffChange(Strict):
    """A record that both versions have, with other content."""

    item_id: Id
    external_id: str | None
    before: Label
    after: Label
    label_changed: bool
    cause: ChangeCause


class DiffCounts(Strict):
    """How two versions differ, in numbers."""

    added: int
    removed: int
    changed: int
    labels_changed: int
    unchanged: int


class Diff(Strict):
    """What version `b` has that `a` has not, and the other way round, in the order of item ids."""

    a: Sha256
    b: Sha256
    counts: DiffCounts
    """Of the whole, not of this page."""
    added: list[DiffItem]
    removed: list[DiffItem]
    changed: list[DiffChange]
    next: str | None = None
    """Pass it as `after` for what follows; None at the end."""


class UseRequest(
    Strict, json_schema_extra={"examples": [{"model": "mood-tagger", "run": "2026-01-17"}]}
):
    """Which training used a dataset version."""

    model: Name
    run: Name


class Use(UseRequest, json_schema_extra=None):
    """A training that used a dataset version."""

    hash: Sha256
    used_at: Timestamp


class LineageDecision(Strict):
    """One decision about an item. All are kept."""

    decision_no: int
    label: Label
    how: How
    why: str
    confidence: float | None
    annotation_ids: list[Id]
    supersedes: int | None
    released: bool
    """Whether everything that it names is in the ledger."""
    contested: bool
    """Whether a conflict was raised about it afterwards."""


class LineageConflict(Strict):
    """A disagreement that an adjudicator had to settle."""

    fields: list[str]
    reason: str
    annotation_ids: list[Id]


class LineageSkip(Strict):
    """Somebody passed the task on."""

    annotator: Annotator
    reason: str
    note: str | None


class LineageAnnotation(RecordAnnotation):
    """One annotation, with when it was made."""

    note: str | None
    submitted_at: Timestamp


class LineageReview(Strict):
    """A second look at a decision; verdict None: not taken yet."""

    review_id: Id
    decision_no: int | None
    verdict: Verdict | None
    reviewer: Annotator | None
    label: Label | None
    comment: str | None


class LineageTask(Strict):
    """One task of an item: everything that happened under one spec version."""

    task_id: Id
    revision: int | None
    spec_version: SpecVersion
    spec_hash: Sha256 | None
    payload_sha256: Sha256 | None
    withdrawn: str | None
    """Why the task was taken back, if it was."""
    supersedes: Id | None
    reopens: Id | None
    annotations: list[LineageAnnotation]
    skips: list[LineageSkip]
    conflicts: list[LineageConflict]
    adjudications: list[RecordAdjudication]
    decisions: list[LineageDecision]
    reviews: list[LineageReview]


class LineageVersion(Strict):
    """A dataset version that holds a label of the item."""

    hash: Sha256
    dataset: DatasetName
    number: int
    decision_no: int
    """Of the label that it holds."""


class Lineage(Strict):
    """Where the labels of an item come from, and where they went."""

    item_id: Id
    project: ProjectName
    external_id: str | None
    state: ItemState
    tasks: list[LineageTask]
    """Oldest first."""
    versions: list[LineageVersion]


class LabelsSummary(Strict):
    """How far the labels of a project are. Every item is counted in exactly one of the states."""

    project: ProjectName
    items: int
    decided: dict[How, int]
    """Items with a label that a version would hold, by how it was decided."""
    contested: int
    pending: int
    review_pending: int
    unreleased: int
    last_decision_no: int
    """0: nothing is decided yet."""
