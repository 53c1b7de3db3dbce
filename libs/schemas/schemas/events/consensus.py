"""What consensus says: ask more, conflict, decided; and how far people agree."""

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
    """More people must answer a task: `target` in all. Whoever hears it takes the larger."""

    topic = topics.CONSENSUS
    keyed_by = "task_id"
    task_id: Id
    target: int
    why: str


class ConflictRaised(Event):
    """The answers do not settle a task; numbered with the decisions, so that a cut covers it.

    `raised_by` says by what it came about: the votes, too many skips, or a reviewer. `skips` are
    those that the task had by then, whatever raised it.
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
