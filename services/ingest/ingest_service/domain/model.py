"""What ingest speaks of: projects, specs, items and their tasks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import labels
from schemas.vocabulary import Purpose, SpecDocument

Reason = Literal["superseded", "item_changed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Project:
    """A project. Its row is locked by whatever changes its tasks."""

    name: str
    title: str
    created_at: datetime
    sample_key: str
    newest_version: int
    """0: no spec version is published yet."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A published spec version."""

    version: int
    hash: str
    document: SpecDocument

    def schema(self) -> labels.LabelSchema:
        """What a label must be."""
        return labels.compile_fields(self.document.fields, ignore_unknown=True)


@dataclass(frozen=True, slots=True)
class Basis:
    """What new tasks are made on: the project, its newest spec version, and the time."""

    project: Project
    spec: Spec
    now: datetime


@dataclass(frozen=True, slots=True)
class Gold:
    """The right label of one revision of an item."""

    revision: int
    label: dict[str, Any]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """The newest task of an item for one purpose."""

    task_id: UUID
    revision: int
    spec_version: int
    round: int
    state: Literal["open", "decided", "withdrawn"]
    priority: int

    @property
    def is_open(self) -> bool:
        """Whether it waits for its label."""
        return self.state == "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as it stands, with its newest tasks."""

    item_id: UUID
    project: str
    external_id: str | None
    revision: int
    payload_sha256: str
    payload: dict[str, Any] | None
    """None: it lies in a blob."""
    blob_size: int | None = None
    """The bytes of that blob. None also for items that came in before this was kept."""
    source: str | None
    metadata: dict[str, Any]
    priority: int
    due_at: datetime | None
    skills: tuple[str, ...]
    signals: list[dict[str, Any]]
    prelabels: list[dict[str, Any]]
    redundancy: int | None
    is_work: bool
    """False for what came as gold only."""
    position: int = 0
    """Its place in the order in which all items came, from 1 on; 0: it has none yet."""
    gold: Gold | None = None
    work: Task | None = None
    honeypot: Task | None = None

    def open_tasks(self) -> list[Task]:
        """Its tasks that wait for their label."""
        return [task for task in (self.work, self.honeypot) if task is not None and task.is_open]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A task that nobody need label any more."""

    task_id: UUID
    reason: Reason


@dataclass(frozen=True, slots=True)
class Making:
    """A task that is to be made."""

    item: Item
    purpose: Purpose
    round: int
    supersedes: UUID | None = None
    reopens: UUID | None = None


@dataclass(frozen=True, slots=True)
class Moves:
    """What is to happen to the task of an item for one purpose."""

    withdrawal: Withdrawal | None = None
    making: Making | None = None


NOTHING = Moves()
