"""Tasks: created, withdrawn, raised and decided."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis.db.database import Transaction, as_json
from schemas.events import TaskCreated

_ADD = """
INSERT INTO tasks (task_id, project, item_id, purpose, revision, spec_version, round, state,
    priority, created_at)
SELECT task_id, project, item_id, purpose, revision, spec_version, round, 'open', priority,
    created_at
FROM json_to_recordset($1::json) AS t (
    task_id uuid, project text, item_id uuid, purpose text, revision int, spec_version int,
    round int, priority smallint, created_at timestamptz)
"""
_WITHDRAW = "UPDATE tasks SET state = 'withdrawn' WHERE task_id = ANY($1) AND state = 'open'"
_DECIDE = """
UPDATE tasks SET state = 'decided'
WHERE task_id = ANY($1) AND state = 'open' AND purpose = 'work'
"""
_RAISE = """
UPDATE tasks SET priority = r.priority FROM unnest($1::uuid[], $2::int[]) AS r (task_id, priority)
WHERE tasks.task_id = r.task_id
"""


async def add_tasks(transaction: Transaction, tasks: Sequence[tuple[TaskCreated, int]]) -> None:
    """Store new tasks, each with its round."""
    rows = [
        {
            "task_id": task.task_id,
            "project": task.project,
            "item_id": task.item_id,
            "purpose": task.purpose,
            "revision": task.revision,
            "spec_version": task.spec_version,
            "round": round_,
            "priority": task.priority,
            "created_at": task.occurred_at,
        }
        for task, round_ in tasks
    ]
    connection = await transaction.connection()
    await connection.execute(_ADD, as_json(rows))


async def withdraw_tasks(transaction: Transaction, task_ids: Sequence[UUID]) -> None:
    """Mark open tasks as withdrawn."""
    connection = await transaction.connection()
    await connection.execute(_WITHDRAW, task_ids)


async def decide_tasks(transaction: Transaction, task_ids: Sequence[UUID]) -> None:
    """Mark open work tasks as decided; withdrawn ones stay withdrawn."""
    connection = await transaction.connection()
    await connection.execute(_DECIDE, task_ids)


async def raise_tasks(transaction: Transaction, priorities: Mapping[UUID, int]) -> None:
    """Set the priorities of tasks."""
    connection = await transaction.connection()
    await connection.execute(_RAISE, list(priorities), list(priorities.values()))
