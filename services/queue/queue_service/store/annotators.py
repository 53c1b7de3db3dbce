"""Statements about what an annotator may do: its standing, its skills and its experience."""

from datetime import datetime

from chassis.db.database import Transaction
from queue_service.domain.dispatch import EXPERIENCED_FROM
from queue_service.store.intake import Task
from schemas.vocabulary import Stage

_STANDING = """
WITH before AS (SELECT standing FROM annotators WHERE annotator = $1 AND project = $2)
INSERT INTO annotators (annotator, project, standing) VALUES ($1, $2, $3)
ON CONFLICT (annotator, project) DO UPDATE SET standing = excluded.standing
RETURNING (SELECT standing FROM before)
"""
_SKILL = """
INSERT INTO skills (annotator, project, skill, level) VALUES ($1, $2, $3, $4)
ON CONFLICT (annotator, project, skill) DO UPDATE SET level = excluded.level
"""
_RECONSIDER = """
DELETE FROM declined d USING pools s
WHERE d.annotator = $1 AND s.pool = d.pool AND s.project = $2
"""
# Only people who have worked in the project count, because others may have no access to it.
_EXPERIENCED = f"""
SELECT EXISTS (SELECT 1 FROM history h
    JOIN annotators a ON a.annotator = h.annotator AND a.project = $4
    WHERE h.task_type = $1 AND h.stage = $2 AND h.answered >= {EXPERIENCED_FROM}
        AND h.last_at > $5::timestamptz - interval '1 day' AND a.standing <> 'suspended'
        AND NOT EXISTS (SELECT 1 FROM seen s
            WHERE s.annotator = h.annotator AND s.item_id = $3))
"""


async def set_standing(
    transaction: Transaction, annotator: str, project: str, standing: str
) -> str | None:
    """Store an annotator's standing; return the one before, None if there was none."""
    connection = await transaction.connection()
    before: str | None = await connection.fetchval(_STANDING, annotator, project, standing)
    return before


async def set_skill(
    transaction: Transaction, annotator: str, project: str, skill: str, level: int
) -> None:
    """Store an annotator's level in a skill in one project, and forget what it declined there."""
    connection = await transaction.connection()
    await connection.execute(_SKILL, annotator, project, skill, level)
    await connection.execute(_RECONSIDER, annotator, project)


async def is_anyone_experienced(
    transaction: Transaction, task: Task, stage: Stage, now: datetime
) -> bool:
    """Return True if an annotator is experienced in such work and may do it on this task."""
    connection = await transaction.connection()
    known: bool = await connection.fetchval(
        _EXPERIENCED, task.task_type, stage, task.item_id, task.project, now
    )
    return known
