"""Statements about submissions: annotations, reviews and adjudications made with a lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from queue_service.domain.leases import HeldLease, Work

# `done` reads `locked`, so that rows of `annotators` are locked last.
# The lock on a work row gives the events about one task the order of their commits. The order of
# locks is that of `store.locks`.
_ANSWER = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS g (lease_id uuid, answer_id uuid,
        work_id bigint, annotator text, item_id uuid, body jsonb, release_at timestamptz,
        counts boolean, takes_slot boolean, project text)
), locked AS MATERIALIZED (
    SELECT w.work_id FROM work w WHERE w.work_id IN (SELECT work_id FROM given WHERE counts)
    ORDER BY w.purpose = 'honeypot', w.work_id FOR UPDATE
), counted AS (
    UPDATE work w SET answered = w.answered + n.n, leased = w.leased - n.slots
    FROM (SELECT work_id, count(*) AS n, count(*) FILTER (WHERE takes_slot) AS slots
        FROM given JOIN locked USING (work_id) WHERE counts GROUP BY work_id) n
    WHERE w.work_id = n.work_id
), answered AS (
    INSERT INTO answers (lease_id, answer_id, work_id, annotator, body, submitted_at, release_at)
    SELECT lease_id, answer_id, work_id, annotator, body, $2, release_at FROM given
), ended AS (
    UPDATE leases l SET ended = 'answered', ended_at = $2 FROM given g
    WHERE l.lease_id = g.lease_id
), done AS (
    INSERT INTO annotators (annotator, project, done, first_done_at, last_done_at, done_on,
        done_that_day)
    SELECT annotator, project, count(*), $2, $2, ($2 AT TIME ZONE 'UTC')::date, count(*)
    FROM given WHERE (SELECT count(*) FROM locked) >= 0 GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (annotator, project) DO UPDATE SET
        done = annotators.done + excluded.done,
        first_done_at = coalesce(annotators.first_done_at, excluded.first_done_at),
        last_done_at = excluded.last_done_at,
        done_on = excluded.done_on,
        done_that_day = excluded.done_that_day
            + CASE WHEN annotators.done_on = excluded.done_on THEN annotators.done_that_day
                ELSE 0 END
)
DELETE FROM drafts d USING given g WHERE d.annotator = g.annotator AND d.item_id = g.item_id
"""
_REVIEWERS = """
SELECT a.annotator FROM work w JOIN answers a USING (work_id)
WHERE w.review_id = $1 ORDER BY w.round
"""
_HISTORY = """
INSERT INTO history (annotator, task_type, stage, answered, last_at) VALUES ($1, $2, $3, 1, $4)
ON CONFLICT (annotator, task_type, stage)
    DO UPDATE SET answered = history.answered + 1, last_at = excluded.last_at
"""
_CLOSE = """
WITH closed AS (
    UPDATE work SET state = 'closed', escalates_at = NULL WHERE work_id = $1 RETURNING work_id
)
DELETE FROM ready USING closed WHERE ready.work_id = closed.work_id
"""
_STORED = "SELECT answer_id, body, submitted_at, release_at FROM answers WHERE lease_id = $1"
_CHANGE = "UPDATE answers SET body = $2::jsonb, submitted_at = $3 WHERE lease_id = $1"
# Every transaction that changes a submission locks its lease.
_PROJECTS_DUE = """
SELECT DISTINCT w.project FROM answers a JOIN leases l USING (lease_id)
    JOIN work w ON w.work_id = l.work_id
WHERE a.release_at <= $1 ORDER BY w.project
"""
_DUE = """
SELECT a.lease_id FROM answers a JOIN leases l USING (lease_id)
    JOIN work w ON w.work_id = l.work_id
WHERE a.release_at <= $1 AND w.project = $2
ORDER BY a.release_at LIMIT 2000 FOR UPDATE OF l SKIP LOCKED
"""
_RELEASE = """
UPDATE answers SET release_at = NULL WHERE lease_id = ANY($1) AND release_at <= $2
RETURNING lease_id, answer_id, body, submitted_at, release_at
"""


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """A submission to be stored. It can be changed until `release_at`."""

    lease: HeldLease
    answer_id: UUID
    body: dict[str, Any]
    release_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A stored submission. It can be changed until `release_at`."""

    answer_id: UUID
    body: dict[str, Any]
    submitted_at: datetime
    release_at: datetime | None


async def stored_answer(transaction: Transaction, lease_id: UUID) -> StoredAnswer | None:
    """Return the submission made with a lease; None if there is none."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_STORED, lease_id)
    return None if row is None else StoredAnswer(**row)


async def add_answers(
    transaction: Transaction, answers: Sequence[NewAnswer], now: datetime
) -> None:
    """Store submissions, count them and end their leases.

    A person's annotation of work fills its slot.
    """
    rows = [
        {
            "lease_id": answer.lease.lease_id,
            "answer_id": answer.answer_id,
            "work_id": answer.lease.work.work_id,
            "annotator": answer.lease.annotator,
            "item_id": answer.lease.work.item_id,
            "body": answer.body,
            "release_at": answer.release_at,
            "counts": answer.lease.kind == "human",
            "takes_slot": answer.lease.work.purpose == "work" and answer.lease.kind == "human",
            "project": answer.lease.work.project,
        }
        for answer in answers
    ]
    connection = await transaction.connection()
    await connection.execute(_ANSWER, as_json(rows), now)


async def reviewers(transaction: Transaction, review_id: UUID) -> list[str]:
    """Return the reviewers of a review so far, in order."""
    connection = await transaction.connection()
    return [row["annotator"] for row in await connection.fetch(_REVIEWERS, review_id)]


async def add_history(transaction: Transaction, annotator: str, work: Work, now: datetime) -> None:
    """Count a review or adjudication: work goes to experienced annotators first."""
    connection = await transaction.connection()
    await connection.execute(_HISTORY, annotator, work.task_type, work.stage, now)


async def close(transaction: Transaction, work_id: int) -> None:
    """Close work that is done, so that no more leases of it are given."""
    connection = await transaction.connection()
    await connection.execute(_CLOSE, work_id)


async def change_answer(
    transaction: Transaction, lease_id: UUID, body: dict[str, Any], now: datetime
) -> None:
    """Replace a submission that can still be changed."""
    connection = await transaction.connection()
    await connection.execute(_CHANGE, lease_id, as_json(body), now)


async def projects_due(transaction: Transaction, now: datetime) -> list[str]:
    """Return the projects with annotations whose undo period has ended."""
    connection = await transaction.connection()
    return [row["project"] for row in await connection.fetch(_PROJECTS_DUE, now)]


async def release_due(
    transaction: Transaction, project: str, now: datetime
) -> dict[UUID, StoredAnswer]:
    """Make the annotations of a project whose undo period has ended final; return them by lease."""
    connection = await transaction.connection()
    due = [row["lease_id"] for row in await connection.fetch(_DUE, now, project)]
    rows = await connection.fetch(_RELEASE, due, now) if due else []
    return {row["lease_id"]: StoredAnswer(*row[1:]) for row in rows}
