"""Create and withdraw tasks, and publish both. The caller holds the lock of the project."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.db.database import Transaction
from chassis.events import outbox
from ingest_service import metrics
from ingest_service.domain.model import Item, TaskChanges, TaskContext
from ingest_service.domain.signals import newest_signals
from ingest_service.domain.tasks import (
    honeypot_task_changes,
    is_gold_valid,
    task_created,
    work_task_changes,
)
from ingest_service.store import tasks as store
from schemas.events import GoldRegistered, TaskCreated, TaskReprioritized, TaskWithdrawn
from schemas.vocabulary import Signal


async def reconcile_tasks(
    transaction: Transaction,
    context: TaskContext,
    items: Sequence[Item],
    *,
    relabel_below: int = 0,
    changed_gold: frozenset[UUID] = frozenset(),
) -> None:
    """Create the tasks that `items` need under the newest spec; withdraw those that they don't.

    `changed_gold`: the items whose gold label has changed.
    """
    spec = context.spec
    changes = [work_task_changes(item, spec.version, relabel_below=relabel_below) for item in items]
    gold_items = [item for item in items if item.gold is not None]
    if gold_items:
        schema = spec.schema()
        changes += [
            honeypot_task_changes(
                item,
                spec.version,
                is_valid=is_gold_valid(item, schema),
                is_gold_changed=item.item_id in changed_gold,
            )
            for item in gold_items
        ]
    await apply_changes(transaction, context, changes)


async def reprioritize(
    transaction: Transaction,
    project: str,
    raised: Mapping[UUID, tuple[int, list[dict[str, Any]]]],
    now: datetime,
) -> None:
    """Set the priority of open tasks, and publish it with the new signals, both given by task."""
    await store.raise_tasks(transaction, {task: priority for task, (priority, _) in raised.items()})
    events = [
        TaskReprioritized(
            occurred_at=now,
            project=project,
            task_id=task,
            priority=priority,
            signals=[Signal.model_validate(signal) for signal in newest_signals(signals)],
        )
        for task, (priority, signals) in raised.items()
    ]
    await outbox.add(transaction, *events)


async def apply_changes(
    transaction: Transaction, context: TaskContext, changes: Iterable[TaskChanges]
) -> None:
    """Withdraw and create tasks; publish the events of both in one transaction."""
    changes = list(changes)
    new_tasks = [change.new_task for change in changes if change.new_task is not None]
    created = [task_created(new_task, uuid4(), context) for new_task in new_tasks]
    successors = {event.supersedes: event.task_id for event in created}
    withdrawn = [
        TaskWithdrawn(
            occurred_at=context.now,
            project=context.project.name,
            task_id=change.withdrawal.task_id,
            reason=change.withdrawal.reason,
            superseded_by=successors.get(change.withdrawal.task_id),
        )
        for change in changes
        if change.withdrawal is not None
    ]
    await store.withdraw_tasks(transaction, [event.task_id for event in withdrawn])
    pairs = list(zip(new_tasks, created, strict=True))
    await store.add_tasks(transaction, [(event, new_task.round) for new_task, event in pairs])
    golds = [
        _gold(new_task.item, event) for new_task, event in pairs if event.purpose == "honeypot"
    ]
    await outbox.add(transaction, *withdrawn, *created, *golds)
    transaction.after_commit(lambda: _count(created))


def _gold(item: Item, task: TaskCreated) -> GoldRegistered:
    assert item.gold is not None
    return GoldRegistered(
        occurred_at=task.occurred_at,
        project=task.project,
        task_id=task.task_id,
        item_id=task.item_id,
        spec_version=task.spec_version,
        label=item.gold.label,
        rules=list(item.gold.rules),
    )


def _count(created: Sequence[TaskCreated]) -> None:
    for event in created:
        metrics.TASKS.labels(event.purpose).inc()
