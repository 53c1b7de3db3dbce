"""The HTTP models of the consensus service."""

from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints

from schemas.vocabulary import (
    Annotator,
    AnnotatorKind,
    Cause,
    Id,
    Label,
    Measure,
    ProjectName,
    SkipReason,
    SpecVersion,
    Strict,
    Timestamp,
    TwoLabels,
)

Breakdown = Annotated[str, StringConstraints(pattern=r"^(label|pair|metadata\..{1,200})$")]
"""`label`, `pair` (of annotators), or `metadata.<key>`: the slices by a key of the items."""
TaskState = Literal["open", "contested", "decided", "withdrawn"]


class Vote(Strict):
    """One annotation as a vote of truth inference."""

    annotation_id: Id
    annotator: Annotator
    annotator_kind: AnnotatorKind
    label: Label
    counts: bool
    """True if the vote counts towards redundancy: it is a person's, and not discounted."""


class LabelPair(Strict):
    """Two labels that both fit, and the number of annotators who skipped the task naming them."""

    labels: TwoLabels
    count: int


class TaskView(Strict):
    """The state of a task, with its votes and the reason for the state."""

    task_id: Id
    item_id: Id
    project: ProjectName
    spec_version: SpecVersion
    state: TaskState
    target: int
    votes: list[Vote]
    skips: int
    """The number of annotators who skipped the task, each counted once, without their identity."""
    skip_reasons: dict[SkipReason, int] = {}
    """The number of them for each reason."""
    skip_pairs: list[LabelPair] = []
    """The pairs of labels that they say both fit, the most frequent pair first."""
    skip_notes: list[str] = []
    distribution: dict[str, dict[str, float]]
    """The share of each answer to each field, by its canonical text."""
    label: Label | None
    confidence: float | None
    how: str | None
    why: str


class Precedent(Strict):
    """An earlier adjudication of a similar conflict, without the adjudicator's identity."""

    task_id: Id
    spec_version: SpecVersion
    fields: list[str]
    """The fields that were in dispute."""
    distribution: dict[str, dict[str, float]]
    """The share of each answer to each field before the adjudication, by its canonical text."""
    label: Label
    rationale: str
    cause: Cause
    rules: list[str]
    decided_at: Timestamp


class Precedents(Strict):
    """Earlier adjudications of the project about the same fields, most similar first."""

    precedents: list[Precedent]


class AgreementQuery(Strict):
    """The selection of agreement figures, and their breakdown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    field: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")] | None = None
    spec_version: SpecVersion | None = None
    by: Breakdown | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None


class AgreementView(Strict):
    """The agreement of people on one field of one spec version."""

    field: str
    metric: str
    spec_version: SpecVersion
    sample: str
    measured: Measure
    raw: float | None
    without_distrusted: Measure | None
    by: dict[str, Measure] = {}
    """The figures per label, per pair of annotators or per slice, as selected by `by`."""


class AgreementViews(Strict):
    """The agreement on the fields of a project, newest spec version first."""

    project: ProjectName
    agreement: list[AgreementView]


class ConflictView(Strict):
    """A task whose annotations do not decide its label."""

    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    fields: list[str]
    reason: str
    raised_at: Timestamp


class Conflicts(Strict):
    """The open conflicts of a project, oldest first."""

    conflicts: list[ConflictView]
    next: str | None = None
