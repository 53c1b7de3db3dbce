"""Which tasks an item must have, and what a new task says."""

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

import labels
from ingest_service.domain.model import (
    NOTHING,
    Basis,
    Item,
    Making,
    Moves,
    Reason,
    Task,
    Withdrawal,
)
from schemas.events import TaskCreated
from schemas.vocabulary import Overlap, Policy


def work_moves(item: Item, version: int, *, relabel_below: int = 0) -> Moves:
    """What the work task of `item` needs under the newest `version`.

    A label decided under a version before `relabel_below` is asked for again; the old one stands
    until the new one is there.
    """
    if not item.is_work or not version:
        return NOTHING
    task = item.work
    if task is None:
        return Moves(making=Making(item, "work", 0))
    if task.revision < item.revision:
        return _again(item, task, version, "item_changed")
    below = version if task.is_open else min(version, relabel_below)
    if task.state != "withdrawn" and task.spec_version < below:
        return _again(item, task, version, "superseded")
    return NOTHING


def _again(item: Item, task: Task, version: int, reason: Reason) -> Moves:
    making = Making(item, "work", next_round(item, task, version), supersedes=task.task_id)
    return Moves(Withdrawal(task.task_id, reason) if task.is_open else None, making)


def honeypot_moves(item: Item, version: int, *, fits: bool, again: bool = False) -> Moves:
    """What the honeypot of `item` needs under the newest `version`.

    `fits`: the gold label is valid under it. `again`: the gold label has changed.
    """
    task = item.honeypot
    live = task if task is not None and task.is_open else None
    if item.gold is None or item.gold.revision < item.revision:
        return Moves(Withdrawal(live.task_id, "item_changed")) if live else NOTHING
    if live and not again and not _is_behind(live, item, version):
        return NOTHING
    making = None
    if fits and version:
        turn = next_round(item, task, version)
        making = Making(item, "honeypot", turn, supersedes=live.task_id if live else None)
    return Moves(_gone(live, item, version), making)


def _gone(live: Task | None, item: Item, version: int) -> Withdrawal | None:
    if live is None:
        return None
    if live.revision < item.revision:
        return Withdrawal(live.task_id, "item_changed")
    superseded = live.spec_version < version
    return Withdrawal(live.task_id, "superseded" if superseded else "withdrawn")


def _is_behind(task: Task, item: Item, version: int) -> bool:
    return task.revision < item.revision or task.spec_version < version


def next_round(item: Item, task: Task | None, version: int) -> int:
    """The number of the next task under `version` after `task`."""
    if task is None or task.revision < item.revision or task.spec_version < version:
        return 0
    return task.round + 1


def gold_fits(item: Item, schema: labels.LabelSchema) -> bool:
    """Whether the gold label of `item` is a label under `schema`."""
    return item.gold is not None and not schema.check(item.gold.label, item.payload)


def overlap(sample_key: str, item_id: UUID, share: float) -> Overlap:
    """Whether the item belongs to the sample that several people label: by a keyed hash."""
    if share >= 1:
        return "all"
    seal = hmac.new(sample_key.encode(), item_id.bytes, hashlib.sha256).digest()
    drawn = int.from_bytes(seal[:8]) / 2**64
    return "random" if drawn < share else "none"


def redundancy(item: Item, policy: Policy, place: Overlap) -> int:
    """How many people label the item: what it says itself, else what its sample gets."""
    if item.redundancy is not None:
        return item.redundancy
    return 1 if place == "none" else policy.redundancy


def due(item: Item, policy: Policy, now: datetime) -> datetime | None:
    """When the label should be there."""
    if item.due_at is not None or policy.sla_hours is None:
        return item.due_at
    try:
        return now + timedelta(hours=policy.sla_hours)
    except OverflowError:
        return None


def task_created(making: Making, task_id: UUID, basis: Basis) -> TaskCreated:
    """What the other services hear of a new task. Only `purpose` tells a honeypot."""
    item, project, spec, now = making.item, basis.project, basis.spec, basis.now
    policy = spec.document.policy
    place = overlap(project.sample_key, item.item_id, policy.overlap_share)
    count = redundancy(item, policy, place)
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
            "due_at": due(item, policy, now),
            "skills": sorted({*item.skills, *policy.skills}),
            "metadata": item.metadata,
            "signals": item.signals,
            "prelabels": item.prelabels,
            "purpose": making.purpose,
            "redundancy": count,
            "redundancy_max": max(policy.redundancy_max, count),
            "overlap": place,
            "supersedes": making.supersedes,
            "reopens": making.reopens,
            "position": item.position,
        }
    )
