"""Skips of tasks, with their reasons."""

from collections.abc import Collection
from uuid import UUID

from chassis.db.database import Transaction, as_json
from schemas.events import TaskSkipped
from schemas.vocabulary import Skip

_ADD = """
INSERT INTO skips (event_id, task_id, annotator, reason, note, labels)
VALUES ($1, $2, $3, $4, $5, $6::jsonb) ON CONFLICT DO NOTHING
"""
# The last skip of each annotator. Skips that were stored without their annotator count singly.
_OF_TASKS = """
SELECT task_id, reason, note, labels FROM (
    SELECT DISTINCT ON (task_id, coalesce(annotator, event_id::text)) task_id, reason, note, labels,
        arrival
    FROM skips WHERE task_id = ANY($1)
    ORDER BY task_id, coalesce(annotator, event_id::text), arrival DESC
) AS last ORDER BY arrival
"""


async def add_skip(transaction: Transaction, event: TaskSkipped) -> None:
    """Store a skip."""
    connection = await transaction.connection()
    ids = (event.event_id, event.task_id, event.annotator)
    await connection.execute(_ADD, *ids, event.reason, event.note, as_json(event.labels))


async def skips(transaction: Transaction, task_ids: Collection[UUID]) -> dict[UUID, list[Skip]]:
    """Return the skips of each of these tasks, one for each annotator, in order of arrival."""
    connection = await transaction.connection()
    found: dict[UUID, list[Skip]] = {task_id: [] for task_id in task_ids}
    for row in await connection.fetch(_OF_TASKS, list(task_ids)):
        skip = Skip(reason=row["reason"], note=row["note"], labels=row["labels"])
        found[row["task_id"]].append(skip)
    return found
