"""The events that consensus publishes: about redundancy, conflicts, decisions and agreement."""

from typing import Literal

from schemas import topics
from schemas.envelope import Event
from schemas.vocabulary import (
    ConflictOrigin,
    Id,
    Ids,
    Label,
    Measure,
    Skip,
    SpecVersion,
)


class RedundancyRaised(Event):
    """A task needs more annotators: `target` in all. Consumers keep the largest target."""

    topic = topics.CONSENSUS
    keyed_by = "task_id"
    task_id: Id
    target: int
    why: str


class ConflictRaised(Event):
    """The annotations of a task do not decide its label.

    `decision_no` is from the same sequence as that of decisions, so that a cut of decisions covers
    conflicts too. `raised_by` is the origin: the votes, too many skips, or a reviewer. `skips` are
    all skips of the task at that time.
    """

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
    raised_by: ConflictOrigin = "votes"
    skips: list[Skip] = []


class LabelDecided(Event):
    """A task has its label. `decision_no` increases within a project and pins dataset versions."""

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
    """The decided labels of these items are not valid under the newer spec version."""

    topic = topics.CONSENSUS
    keyed_by = "project"
    spec_version: SpecVersion
    item_ids: Ids
    why: str


class AgreementMeasured(Event):
    """The agreement of people on one field was measured, on the stated sample of the items."""

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
