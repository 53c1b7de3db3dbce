"""Making and withdrawing tasks, and saying so. The caller holds the lock of the project."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from chassis import outbox
from chassis.database import Session, after_commit
from ingest_service import metrics
from ingest_service.domain.model import Basis, Item, Moves
from ingest_service.domain.signals import kept
from ingest_service.domain.tasks import (
    gold_fits,
    honeypot_moves,
    task_created,
    work_moves,
)
from ingest_service.store import tasks as store
from schemas.events import GoldRegistered, TaskCreated, TaskReprioritized, TaskWithdrawn
from schemas.vocabulary import Signal


async def bring_up_to_date(
    session: Session,
    basis: Basis,
    items: Sequence[Item],
    *,
    relabel_below: int = 0,
    regold: frozenset[UUID] = frozenset(),
) -> None:
    """Give `items` the tasks that they need under the newest spec; withdraw what they don't."""
    spec = basis.spec
    moves = [work_moves(item, spec.version, relabel_below=relabel_below) for item in items]
    golden = [item for item in items if item.gold is not None]
    if golden:
        schema = spec.schema()
        moves += [
            honeypot_moves(
                item, spec.version, fits=gold_fits(item, schema), again=item.item_id in regold
            )
            for item in golden
        ]
    await carry_out(session, basis, moves)


async def reprioritize(
    session: Session,
    project: str,
    raised: Mapping[UUID, tuple[int, list[dict[str, Any]]]],
    now: datetime,
) -> None:
    """Give open tasks another priority, and tell the signals that came with it."""
    await store.raise_tasks(session, {task: priority for task, (priority, _) in raised.items()})
    events = [
        TaskReprioritized(
            occurred_at=now,
            project=project,
            task_id=task,
            priority=priority,
            signals=[Signal.model_validate(signal) for signal in kept(signals)],
        )
        for task, (priority, signals) in raised.items()
    ]
    await outbox.add(session, *events)


async def carry_out(session: Session, basis: Basis, moves: Iterable[Moves]) -> None:
    """Withdraw and make tasks; what makes them and what takes them back leaves in one go."""
    moves = list(moves)
    makings = [move.making for move in moves if move.making is not None]
    created = [task_created(making, uuid4(), basis) for making in makings]
    replaced = {event.supersedes: event.task_id for event in created}
    gone = [
        TaskWithdrawn(
            occurred_at=basis.now,
            project=basis.project.name,
            task_id=move.withdrawal.task_id,
            reason=move.withdrawal.reason,
            superseded_by=replaced.get(move.withdrawal.task_id),
        )
        for move in moves
        if move.withdrawal is not None
    ]
    await store.withdraw(session, [event.task_id for event in gone])
    made = list(zip(makings, created, strict=True))
    await store.add_tasks(session, [(event, making.round) for making, event in made])
    golds = [_gold(making.item, event) for making, event in made if event.purpose == "honeypot"]
    await outbox.add(session, *gone, *created, *golds)
    after_commit(session, lambda: _count(created))


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
