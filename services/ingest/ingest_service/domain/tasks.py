"""Decide which tasks an item needs, and build the events about new tasks."""

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

import labels
from ingest_service.domain.model import (
    NO_CHANGES,
    Item,
    NewTask,
    Reason,
    Task,
    TaskChanges,
    TaskContext,
    Withdrawal,
)
from schemas.events import TaskCreated
from schemas.sampling import unit_interval
from schemas.vocabulary import Overlap, Policy


def work_task_changes(item: Item, version: int, *, relabel_below: int = 0) -> TaskChanges:
    """Return the changes of the work task of `item` under the newest spec `version`.

    A label decided under a version below `relabel_below` gets a new task; the old label counts
    until the new one is decided.
    """
    task = item.work
    if item.is_withdrawn:
        return _withdrawn(task)
    if not item.is_work or not version:
        return NO_CHANGES
    if task is None:
        return TaskChanges(new_task=NewTask(item, "work", 0))
    reason = _replaced_because(item, task, version, relabel_below)
    return NO_CHANGES if reason is None else _replacement(item, task, version, reason)


def _replaced_because(item: Item, task: Task, version: int, relabel_below: int) -> Reason | None:
    """Return why a task needs a successor; None if it needs none."""
    if task.revision < item.revision:
        return "item_changed"
    if task.state == "withdrawn":  # The item was withdrawn and is restored.
        return "withdrawn"
    below = version if task.is_open else min(version, relabel_below)
    return "superseded" if task.spec_version < below else None


def _withdrawn(task: Task | None) -> TaskChanges:
    """Return the changes of the task of a withdrawn item."""
    if task is None or not task.is_open:
        return NO_CHANGES
    return TaskChanges(Withdrawal(task.task_id, "withdrawn"))


def _replacement(item: Item, task: Task, version: int, reason: Reason) -> TaskChanges:
    new_task = NewTask(item, "work", next_round(item, task, version), supersedes=task.task_id)
    return TaskChanges(Withdrawal(task.task_id, reason) if task.is_open else None, new_task)


def honeypot_task_changes(
    item: Item, version: int, *, is_valid: bool, is_gold_changed: bool = False
) -> TaskChanges:
    """Return the changes of the honeypot of `item` under the newest spec `version`.

    `is_valid`: the gold label is valid under that version.
    """
    task = item.honeypot
    if item.is_withdrawn:
        return _withdrawn(task)
    open_task = task if task is not None and task.is_open else None
    if item.gold is None or item.gold.revision < item.revision:
        if open_task is None:
            return NO_CHANGES
        return TaskChanges(Withdrawal(open_task.task_id, "item_changed"))
    if open_task and not is_gold_changed and not _is_outdated(open_task, item, version):
        return NO_CHANGES
    new_task = None
    if is_valid and version:
        round_ = next_round(item, task, version)
        supersedes = open_task.task_id if open_task else None
        new_task = NewTask(item, "honeypot", round_, supersedes=supersedes)
    return TaskChanges(_withdrawal(open_task, item, version), new_task)


def _withdrawal(task: Task | None, item: Item, version: int) -> Withdrawal | None:
    if task is None:
        return None
    if task.revision < item.revision:
        return Withdrawal(task.task_id, "item_changed")
    is_superseded = task.spec_version < version
    return Withdrawal(task.task_id, "superseded" if is_superseded else "withdrawn")


def _is_outdated(task: Task, item: Item, version: int) -> bool:
    return task.revision < item.revision or task.spec_version < version


def next_round(item: Item, task: Task | None, version: int) -> int:
    """Return the round of the next task after `task`: 0 for a new revision or spec version."""
    if task is None or task.revision < item.revision or task.spec_version < version:
        return 0
    return task.round + 1


def is_gold_valid(item: Item, schema: labels.LabelSchema) -> bool:
    """Return true if `item` has a gold label that is valid under `schema`."""
    return item.gold is not None and not schema.check(item.gold.label, item.payload)


def overlap(sample_key: str, item_id: UUID, share: float) -> Overlap:
    """Return which overlap sample the item is in, by a keyed hash of its id.

    "all" if the `share` is 1; else "random" for that share of the items, and "none".
    """
    if share >= 1:
        return "all"
    digest = hmac.new(sample_key.encode(), item_id.bytes, hashlib.sha256).digest()
    return "random" if unit_interval(digest) < share else "none"


def redundancy(item: Item, policy: Policy, sample: Overlap) -> int:
    """Return how many people label the item: its own redundancy, else that of its sample."""
    if item.redundancy is not None:
        return item.redundancy
    return 1 if sample == "none" else policy.redundancy


def due_time(item: Item, policy: Policy, now: datetime) -> datetime | None:
    """Return when the label is due: the item's own time, else `sla_hours` from `now`, else None."""
    if item.due_at is not None or policy.sla_hours is None:
        return item.due_at
    try:
        return now + timedelta(hours=policy.sla_hours)
    except OverflowError:
        return None


def task_created(new_task: NewTask, task_id: UUID, context: TaskContext) -> TaskCreated:
    """Build the event about a new task. Only `purpose` distinguishes a honeypot from work."""
    item, project, spec, now = new_task.item, context.project, context.spec, context.now
    policy = spec.document.policy
    sample = overlap(project.sample_key, item.item_id, policy.overlap_share)
    count = redundancy(item, policy, sample)
    return TaskCreated.model_validate(
        {
            "occurred_at": now,
            "project": project.name,
            "task_id": task_id,
            "item_id": item.item_id,
            "external_id": item.external_id,
            "revision": item.revision,
            "spec_version": spec.version,
            "task_type": spec.document.task_type,
            "payload": item.payload,
            "blob": item.payload_sha256 if item.payload is None else None,
            "blob_size": item.blob_size,
            "payload_sha256": item.payload_sha256,
            "source": item.source,
            "priority": item.priority,
            "due_at": due_time(item, policy, now),
            "skills": sorted({*item.skills, *policy.skills}),
            "metadata": item.metadata,
            "signals": item.signals,
            "prelabels": item.prelabels,
            "purpose": new_task.purpose,
            "redundancy": count,
            "redundancy_max": max(policy.redundancy_max, count),
            "overlap": sample,
            "supersedes": new_task.supersedes,
            "reopens": new_task.reopens,
            "position": item.position,
        }
    )
