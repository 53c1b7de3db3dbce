"""The HTTP models of the consensus service."""

from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints

from schemas.vocabulary import (
    Annotator,
    AnnotatorKind,
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

Closer = Annotated[str, StringConstraints(pattern=r"^(label|pair|metadata\..{1,200})$")]
TaskState = Literal["open", "contested", "decided", "withdrawn"]


class Vote(Strict):
    """One annotation as consensus weighs it."""

    annotation_id: Id
    annotator: Annotator
    annotator_kind: AnnotatorKind
    label: Label
    counts: bool
    """Whether the vote counts towards redundancy: a person's, not discounted."""


class LabelPair(Strict):
    """Two labels that both fit, as so many of those who skipped the task say."""

    labels: TwoLabels
    count: int


class TaskView(Strict):
    """Where a task stands, and why."""

    task_id: Id
    item_id: Id
    project: ProjectName
    spec_version: SpecVersion
    state: TaskState
    target: int
    votes: list[Vote]
    skips: int
    """How many annotators passed the task on, each counted once. Who they are is not told."""
    skip_reasons: dict[SkipReason, int] = {}
    """How many of them gave each reason."""
    skip_pairs: list[LabelPair] = []
    """The two labels of those who say that two fit, the most frequent pair first."""
    skip_notes: list[str] = []
    distribution: dict[str, dict[str, float]]
    """For each field the share of each answer, by its canonical text."""
    label: Label | None
    confidence: float | None
    how: str | None
    why: str


class AgreementQuery(Strict):
    """Which figures of agreement are asked for, and how near one looks."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    field: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")] | None = None
    spec_version: SpecVersion | None = None
    by: Annotated[str, StringConstraints(pattern=r"^(label|pair|metadata\..{1,200})$")] | None = (
        None
    )
    """`label`, `pair` (of annotators), or `metadata.<key>`: the slices by a key of the items."""
    since: Timestamp | None = None
    until: Timestamp | None = None


class AgreementView(Strict):
    """How far people agree on one field of one spec version."""

    field: str
    metric: str
    spec_version: SpecVersion
    sample: str
    measured: Measure
    raw: float | None
    without_distrusted: Measure | None
    by: dict[str, Measure] = {}
    """Per label, per pair of annotators or per slice, as `by` asked."""


class AgreementViews(Strict):
    """The fields of a project, newest spec version first."""

    project: ProjectName
    agreement: list[AgreementView]


class ConflictView(Strict):
    """A task whose answers do not settle it."""

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
