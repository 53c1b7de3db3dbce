"""Statements that lock, before the first change, everything that a transaction will change.

Every transaction locks in this order, so that no two wait for each other: annotators by name (an
advisory lock), leases by id, work before honeypots and each by id, then rows of `annotators` by
name. A transaction that has locked something never locks anything earlier in this order.
"""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Transaction

_LEASES = """
SELECT l.lease_id FROM unnest($1::text[], $2::text[]) AS s (annotator, project)
    JOIN leases l ON l.annotator = s.annotator AND l.ended IS NULL
    JOIN work w ON w.work_id = l.work_id AND w.project = s.project
ORDER BY l.lease_id FOR UPDATE OF l
"""
_WORK = """
SELECT w.work_id FROM work w WHERE w.work_id IN (
    SELECT o.work_id FROM work t JOIN work o ON o.item_id = t.item_id AND o.task_id = t.task_id
        WHERE t.stage = 'annotate' AND t.subject = ANY($1)
    UNION SELECT w.work_id FROM work w WHERE w.item_id = ANY($3)
    UNION SELECT l.work_id FROM leases l WHERE l.lease_id = ANY($2))
ORDER BY w.purpose = 'honeypot', w.work_id FOR UPDATE
"""
_ANNOTATORS = """
SELECT 1 FROM annotators a WHERE a.annotator = ANY($1) ORDER BY a.annotator, a.project FOR UPDATE
"""


async def lock_leases(
    transaction: Transaction, annotators: Sequence[str], projects: Sequence[str]
) -> list[UUID]:
    """Lock the open leases of each annotator in the project beside its name; return their ids."""
    connection = await transaction.connection()
    return [row["lease_id"] for row in await connection.fetch(_LEASES, annotators, projects)]


async def lock_work(
    transaction: Transaction,
    task_ids: Sequence[UUID],
    item_ids: Sequence[UUID],
    lease_ids: Sequence[UUID],
) -> None:
    """Lock all work about these tasks and items, and the work of these leases."""
    connection = await transaction.connection()
    await connection.execute(_WORK, task_ids, lease_ids, item_ids)


async def lock_annotators(transaction: Transaction, annotators: Sequence[str]) -> None:
    """Lock the rows of these annotators in every project."""
    connection = await transaction.connection()
    await connection.execute(_ANNOTATORS, annotators)
