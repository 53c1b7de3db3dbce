"""The events that ingest publishes: about spec versions, tasks and gold."""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas import topics
from schemas.envelope import Event
from schemas.vocabulary import (
    IDS_MAX,
    Id,
    Label,
    Overlap,
    Payload,
    Prelabel,
    Priority,
    Purpose,
    Relabel,
    Sha256,
    ShortText,
    Signal,
    SpecVersion,
    Timestamp,
)


class SpecPublished(Event):
    """A spec version was published. It is immutable from now on."""

    topic = topics.SPECS
    keyed_by = "project"
    spec_version: SpecVersion
    spec_hash: Sha256
    document: dict[str, Any]
    resolves: list[Id] = []
    relabel: Relabel = "none"


class TaskCreated(Event):
    """A task was created: one item is to be labeled under one spec version."""

    topic = topics.TASKS
    keyed_by = "task_id"
    task_id: Id
    item_id: Id
    external_id: str | None
    revision: int
    spec_version: SpecVersion
    task_type: str
    payload: Payload | None
    blob: Sha256 | None = None
    """The digest of the payload's canonical JSON if that is in the blob store."""
    blob_size: int | None = None
    """Its size in bytes. None also in events of releases without this field."""
    payload_sha256: Sha256
    source: str | None = None
    priority: Priority
    due_at: Timestamp | None = None
    skills: list[str] = []
    metadata: Payload = {}
    signals: list[Signal] = []
    prelabels: list[Prelabel] = []
    purpose: Purpose
    redundancy: int
    redundancy_max: int
    overlap: Overlap
    supersedes: Id | None = None
    reopens: Id | None = None
    position: int | None = None
    """The place of the item among all items, in the order in which they came; larger is later.

    Items of one file stand in the order of the file. None in events of older releases."""


class TaskReprioritized(Event):
    """The priority of a task changed."""

    topic = topics.TASKS
    keyed_by = "task_id"
    task_id: Id
    priority: Priority
    signals: list[Signal] = []


class TaskWithdrawn(Event):
    """A task was withdrawn: it is not to be labeled any more."""

    topic = topics.TASKS
    keyed_by = "task_id"
    task_id: Id
    reason: Literal["superseded", "item_changed", "withdrawn"]
    superseded_by: Id | None = None


class GoldRegistered(Event):
    """The correct label of an item is known. Only quality consumes this event."""

    topic = topics.GOLD
    keyed_by = "task_id"
    task_id: Id
    item_id: Id
    spec_version: SpecVersion
    label: Label
    rules: list[str] = []


class ItemsWithdrawn(Event):
    """Items were withdrawn: they are not labeled any more, and later dataset versions omit them."""

    topic = topics.ITEMS
    keyed_by = "project"
    item_ids: Annotated[list[Id], Field(max_length=IDS_MAX)]
    reason: ShortText
    number: int
    """A later withdrawal or restoration has a larger number: the last one counts, in any order."""
    import_id: Id | None = None
    """The import that was undone, if the items were withdrawn by that."""


class ItemsRestored(Event):
    """Withdrawn items count again."""

    topic = topics.ITEMS
    keyed_by = "project"
    item_ids: Annotated[list[Id], Field(max_length=IDS_MAX)]
    number: int
    """A later withdrawal or restoration has a larger number: the last one counts, in any order."""
