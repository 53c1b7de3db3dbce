"""The data of ingest: projects, specs, items and their tasks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import labels
from schemas.vocabulary import Purpose, SpecDocument

Reason = Literal["superseded", "item_changed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Project:
    """A project. Transactions that change its tasks lock its row."""

    name: str
    title: str
    created_at: datetime
    sample_key: str
    newest_version: int
    """The newest spec version; 0 if none is published yet."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A published spec version."""

    version: int
    hash: str
    document: SpecDocument

    def schema(self) -> labels.LabelSchema:
        """Return the compiled fields, which check labels."""
        return labels.compile_fields(self.document.fields, ignore_unknown=True)


@dataclass(frozen=True, slots=True)
class TaskContext:
    """The project, its newest spec version and the time with which new tasks are created."""

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
        """True if the task is neither decided nor withdrawn."""
        return self.state == "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item at its newest revision, with its newest tasks."""

    item_id: UUID
    project: str
    external_id: str | None
    revision: int
    payload_sha256: str
    payload: dict[str, Any] | None
    """None if the payload is stored as a blob."""
    blob_size: int | None = None
    """The size of that blob in bytes; None also for items stored before sizes were."""
    source: str | None
    metadata: dict[str, Any]
    priority: int
    due_at: datetime | None
    skills: tuple[str, ...]
    signals: list[dict[str, Any]]
    prelabels: list[dict[str, Any]]
    redundancy: int | None
    is_work: bool
    """False for items that were only registered as gold."""
    position: int = 0
    """Its place in the order in which all items came, from 1; 0 if it has none yet."""
    import_id: UUID | None = None
    """The import that created it, if that has an id."""
    is_withdrawn: bool = False
    gold: Gold | None = None
    work: Task | None = None
    honeypot: Task | None = None

    def open_tasks(self) -> list[Task]:
        """Return the tasks of this item that are open."""
        return [task for task in (self.work, self.honeypot) if task is not None and task.is_open]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The withdrawal of an open task."""

    task_id: UUID
    reason: Reason


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be created."""

    item: Item
    purpose: Purpose
    round: int
    supersedes: UUID | None = None
    reopens: UUID | None = None


@dataclass(frozen=True, slots=True)
class TaskChanges:
    """The changes of an item's task for one purpose."""

    withdrawal: Withdrawal | None = None
    new_task: NewTask | None = None


NO_CHANGES = TaskChanges()
