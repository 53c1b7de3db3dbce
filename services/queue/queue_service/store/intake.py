"""Statements with which events change the work and its order.

The rows of `ready` are given in the order of their rank, which is the hour in which the task was
created less its priority; then of deadline, free slots and position (`domain.dispatch`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from chassis.db.locks import QUEUE_POOLS, QUEUE_PROJECT
from queue_service.domain.dispatch import AGEING
from schemas.vocabulary import Purpose, Stage

_NOW = "pg_current_xact_id()::text::bigint"
_LAST = 2**63 - 1
_NO_POOL = 0
"""The pool of a honeypot's row of `ready`, which is never scanned. With that row, giving a honeypot
back writes as much as giving work back, and takes as long."""
RANK = f"floor(extract(epoch FROM {{0}}) / {AGEING.total_seconds()})::int"
"""The hour of a time. The rank of a task is this less its priority, see `domain.dispatch`."""
_LOCK_POOLS = f"SELECT pg_advisory_xact_lock({QUEUE_POOLS})"
# Under the lock, so that a pool with a smaller number never appears after one with a larger number.
_ADD_POOLS = """
INSERT INTO pools (project, stage, task_type, skills, audience)
SELECT DISTINCT project, stage, task_type, skills, audience
FROM jsonb_to_recordset($1::jsonb) AS t (project text, stage text, task_type text, skills text[],
    audience text)
ON CONFLICT DO NOTHING
"""
_MISSING = """
SELECT count(*) FROM (SELECT DISTINCT project, stage, task_type, skills, audience
    FROM jsonb_to_recordset($1::jsonb) AS t (project text, stage text, task_type text,
        skills text[], audience text)) t
WHERE NOT EXISTS (SELECT 1 FROM pools s WHERE (s.project, s.stage, s.task_type, s.skills,
    s.audience) = (t.project, t.stage, t.task_type, t.skills, t.audience))
"""
_ADD = """
WITH incoming AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (
        task_id uuid, stage text, subject uuid, project text, item_id uuid, external_id text,
        position bigint, batch uuid, spec_version int, task_type text, purpose text,
        priority smallint,
        due_at timestamptz, skills text[], audience text, payload jsonb,
        blob text, blob_size bigint, prelabels jsonb,
        context jsonb, target int, sort_key float8, escalates_at timestamptz, review_id uuid,
        round smallint, created_at timestamptz)
)
INSERT INTO work (task_id, stage, subject, project, item_id, external_id, position, batch,
    spec_version, task_type, purpose, priority, due_at, skills, pool, payload, blob, blob_size,
    prelabels, context, target, sort_key, escalates_at, review_id, round, created_at)
SELECT task_id, stage, subject, project, item_id, external_id, position, batch,
    spec_version, task_type, purpose, priority, due_at, skills, s.pool, payload, blob, blob_size,
    prelabels, context, target, sort_key, escalates_at, review_id, coalesce(round, 1), created_at
FROM incoming i JOIN pools s USING (project, stage, task_type, skills, audience)
ON CONFLICT (stage, subject) DO NOTHING
RETURNING work_id
"""
_TASK = """
SELECT work_id, subject, project, item_id, external_id, position, batch, spec_version, task_type,
    priority, due_at, payload, blob, blob_size, prelabels, state
FROM work WHERE stage = 'annotate' AND subject = ANY($1)
"""
_LOCK_TASKS = f"{_TASK} ORDER BY work_id FOR NO KEY UPDATE"
# A task that is decided and withdrawn ends as withdrawn, in either order of the two events.
_CLOSE = """
UPDATE work SET state = $2, escalates_at = NULL
WHERE work_id IN (SELECT w.work_id FROM work w
        JOIN unnest($1::uuid[], $4::uuid[]) AS t (task_id, item_id) USING (item_id, task_id)
        ORDER BY w.work_id FOR NO KEY UPDATE OF w)
    AND (purpose = 'work' OR $2 = 'withdrawn')
    AND stage = ANY($3) AND (state = 'open' OR (state = 'closed' AND $2 = 'withdrawn'))
RETURNING work_id
"""
# A separate statement, begun after the lock, so that it sees rows that were added just before.
_REMOVE_READY = "DELETE FROM ready WHERE work_id = ANY($1)"
_RAISE = """
UPDATE work SET target = greatest(target, $2)
WHERE stage = 'annotate' AND subject = $1 AND state = 'open' RETURNING work_id
"""
# Only work under the newest spec version is ready; the lock keeps that version meanwhile.
_HOLD_VERSION = f"""
SELECT pg_advisory_xact_lock_shared(hashtextextended(w.project, {QUEUE_PROJECT}))
FROM (SELECT DISTINCT project FROM work WHERE work_id = ANY($1) ORDER BY project) w
"""
# After the lock on pools, in the order of `add_work`.
_LOCK_VERSION = f"""
SELECT pg_advisory_xact_lock({QUEUE_POOLS}),
    pg_advisory_xact_lock(hashtextextended($1, {QUEUE_PROJECT}))
"""
_REFRESH = f"""
INSERT INTO ready (work_id, pool, rank, due, slots, position, changed_xid, item_id, batch,
    spec_version, since)
SELECT w.work_id, CASE w.purpose WHEN 'work' THEN w.pool ELSE {_NO_POOL} END,
    {RANK.format("w.created_at")} - w.priority,
    coalesce(extract(epoch FROM w.due_at) * 1000, {_LAST})::bigint,
    coalesce(w.target - w.answered - w.leased, 0), w.position, {_NOW}, w.item_id, w.batch,
    w.spec_version, w.created_at
FROM work w JOIN projects p USING (project)
WHERE w.work_id = ANY($1) AND w.state = 'open'
    AND (w.target IS NULL OR w.answered + w.leased < w.target)
    AND (w.stage = 'review' OR w.spec_version = p.newest_version)
ON CONFLICT (work_id) DO UPDATE SET pool = excluded.pool, rank = excluded.rank,
    slots = excluded.slots, changed_xid = excluded.changed_xid
"""
_OF_VERSION = """
SELECT work_id FROM work WHERE project = $1 AND spec_version = $2 AND state = 'open'
ORDER BY purpose = 'honeypot', work_id FOR UPDATE
"""
_REPRIORITIZE = """
UPDATE work SET priority = $3 WHERE item_id = $1 AND task_id = $2 AND state = 'open'
RETURNING work_id
"""
_PUBLISH = """
INSERT INTO specs (project, version, hash, document) VALUES ($1, $2, $3, $4::jsonb)
ON CONFLICT DO NOTHING
"""
_NEWEST = """
INSERT INTO projects (project, newest_version) VALUES ($1, $2)
ON CONFLICT (project)
    DO UPDATE SET newest_version = greatest(projects.newest_version, excluded.newest_version)
"""
_DROP_OLD = """
DELETE FROM ready USING pools WHERE ready.pool = pools.pool AND pools.project = $1
    AND pools.stage <> 'review' AND ready.spec_version < $2
"""
_PAUSE = "UPDATE projects SET paused = $2 WHERE project = $1 RETURNING true"
_ANNOTATIONS = """
SELECT body FROM (
    SELECT answer_id, body FROM answers WHERE answer_id = ANY($1)
    UNION ALL SELECT annotation_id, body FROM corrections WHERE annotation_id = ANY($1)
) named ORDER BY answer_id
"""
_ANNOTATIONS_OF = """
SELECT coalesce((SELECT c.body FROM corrections c WHERE c.lease_id = a.lease_id
    ORDER BY c.number DESC LIMIT 1), a.body) AS body
FROM answers a WHERE a.work_id = $1 AND a.release_at IS NULL ORDER BY a.answer_id
"""
_DUE_ESCALATIONS = """
SELECT w.work_id, w.project, w.stage, w.task_type, w.skills, w.priority, w.spec_version,
    w.created_at, s.audience, w.escalates_at
FROM work w JOIN pools s USING (pool) WHERE w.escalates_at <= $1
ORDER BY w.work_id LIMIT 500 FOR UPDATE OF w SKIP LOCKED
"""
_ESCALATE = """
UPDATE work w SET pool = s.pool, skills = m.skills, priority = m.priority,
    escalates_at = m.escalates_at
FROM jsonb_to_recordset($1::jsonb) AS m (work_id bigint, project text, stage text, task_type text,
    skills text[], audience text, priority smallint, escalates_at timestamptz)
    JOIN pools s USING (project, stage, task_type, skills, audience)
WHERE w.work_id = m.work_id
"""


@dataclass(slots=True)
class NewWork:
    """A row of `work` to be stored; `skills` have levels.

    It is not frozen, since many are made, and a frozen one takes three times as long.
    """

    task_id: UUID
    stage: Stage
    subject: UUID
    project: str
    item_id: UUID
    external_id: str | None
    position: int
    batch: UUID | None
    spec_version: int
    task_type: str
    purpose: Purpose
    priority: int
    due_at: datetime | None
    skills: list[str]
    audience: str
    payload: dict[str, Any] | None
    blob: str | None
    blob_size: int | None
    prelabels: list[dict[str, Any]]
    context: dict[str, Any] | None
    target: int | None
    sort_key: float
    created_at: datetime
    escalates_at: datetime | None = None
    review_id: UUID | None = None
    round: int = 1


@dataclass(frozen=True, slots=True)
class Task:
    """The row of `work` of a task at the stage annotate; `subject` is the id of the task."""

    work_id: int
    subject: UUID
    project: str
    item_id: UUID
    external_id: str | None
    position: int
    batch: UUID | None
    spec_version: int
    task_type: str
    priority: int
    due_at: datetime | None
    payload: dict[str, Any] | None
    blob: str | None
    blob_size: int | None
    prelabels: list[dict[str, Any]]
    state: str


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """A review or an adjudication that escalates, with the columns that change."""

    work_id: int
    project: str
    stage: Stage
    task_type: str
    skills: list[str]
    priority: int
    spec_version: int
    created_at: datetime
    audience: str
    escalates_at: datetime | None


async def add_work(transaction: Transaction, rows: Sequence[NewWork]) -> None:
    """Store new work; work that exists already is not changed."""
    connection = await transaction.connection()
    await _add_pools(transaction, rows)
    added = await connection.fetch(_ADD, as_json(rows))
    await refresh(transaction, [row["work_id"] for row in added])


async def _add_pools(transaction: Transaction, rows: Sequence[NewWork | WaitingWork]) -> None:
    keys = {
        (row.project, row.stage, row.task_type, tuple(row.skills), row.audience): row
        for row in rows
    }
    wanted = as_json(
        [
            {
                "project": row.project,
                "stage": row.stage,
                "task_type": row.task_type,
                "skills": row.skills,
                "audience": row.audience,
            }
            for row in keys.values()
        ]
    )
    connection = await transaction.connection()
    if await connection.fetchval(_MISSING, wanted):
        await connection.execute(_LOCK_POOLS)
        await connection.execute(_ADD_POOLS, wanted)


async def task(transaction: Transaction, task_id: UUID, *, lock: bool) -> Task | None:
    """Return the work of a task at the stage annotate, or None if the task is not known.

    With `lock`, later statements see every change that was made to the task before. Two events
    about one task may come from two topics and be handled at the same time.
    """
    connection = await transaction.connection()
    if lock:
        return (await lock_tasks(transaction, [task_id])).get(task_id)
    row = await connection.fetchrow(_TASK, [task_id])
    return None if row is None else Task(**row)


async def lock_tasks(transaction: Transaction, task_ids: Sequence[UUID]) -> dict[UUID, Task]:
    """Lock the work of the known tasks at the stage annotate, in the order of ids; return it."""
    connection = await transaction.connection()
    rows = await connection.fetch(_LOCK_TASKS, task_ids)
    return {row["subject"]: Task(**row) for row in rows}


async def close_work(
    transaction: Transaction, tasks: Sequence[Task], state: str, stages: Sequence[str]
) -> None:
    """End the open work of tasks at `stages`; their leases can still be used."""
    connection = await transaction.connection()
    subjects = [task.subject for task in tasks]
    item_ids = [task.item_id for task in tasks]
    rows = await connection.fetch(_CLOSE, subjects, state, stages, item_ids)
    await connection.execute(_REMOVE_READY, [row["work_id"] for row in rows])


async def raise_target(transaction: Transaction, task_id: UUID, target: int) -> None:
    """Raise the number of annotators that a task needs; a smaller `target` changes nothing."""
    connection = await transaction.connection()
    work_ids = [row["work_id"] for row in await connection.fetch(_RAISE, task_id, target)]
    await refresh(transaction, work_ids)


async def refresh(transaction: Transaction, work_ids: Sequence[int]) -> None:
    """Write the rows of `ready` for the open work among `work_ids` that has a free slot.

    The caller holds the locks of these rows of work.
    """
    if work_ids:
        connection = await transaction.connection()
        await connection.execute(_HOLD_VERSION, work_ids)
        await connection.execute(_REFRESH, work_ids)


async def reprioritize(transaction: Transaction, task: Task, priority: int) -> None:
    """Change the priority of a task at all its stages."""
    connection = await transaction.connection()
    rows = await connection.fetch(_REPRIORITIZE, task.item_id, task.subject, priority)
    await refresh(transaction, [row["work_id"] for row in rows])


async def add_spec(
    transaction: Transaction, project: str, version: int, spec_hash: str, document: dict[str, Any]
) -> None:
    """Store a spec version, and make only work under the newest version available."""
    connection = await transaction.connection()
    await connection.execute(_LOCK_VERSION, project)
    await connection.execute(_PUBLISH, project, version, spec_hash, as_json(document))
    await connection.execute(_NEWEST, project, version)
    await connection.execute(_DROP_OLD, project, version)
    rows = await connection.fetch(_OF_VERSION, project, version)
    await refresh(transaction, [row["work_id"] for row in rows])


async def pause(transaction: Transaction, project: str, *, paused: bool) -> bool:
    """Pause a project or resume it. Return False if there is no such project."""
    connection = await transaction.connection()
    return bool(await connection.fetchval(_PAUSE, project, paused))


async def annotations_of(transaction: Transaction, work_id: int) -> list[dict[str, Any]]:
    """Return the bodies of a task's annotations, as corrected, whose undo period has ended."""
    connection = await transaction.connection()
    return [row["body"] for row in await connection.fetch(_ANNOTATIONS_OF, work_id)]


async def due_escalations(transaction: Transaction, now: datetime) -> list[WaitingWork]:
    """Lock and return the work that escalates now."""
    connection = await transaction.connection()
    return [WaitingWork(**row) for row in await connection.fetch(_DUE_ESCALATIONS, now)]


async def escalate(transaction: Transaction, rows: Sequence[WaitingWork]) -> None:
    """Move work, locked by the caller, to other pools."""
    connection = await transaction.connection()
    await _add_pools(transaction, rows)
    await connection.execute(_ESCALATE, as_json(rows))
    await refresh(transaction, [row.work_id for row in rows])


async def annotations(
    transaction: Transaction, annotation_ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    """Return the bodies of these annotations, without their annotators."""
    connection = await transaction.connection()
    rows = await connection.fetch(_ANNOTATIONS, annotation_ids)
    return [row["body"] for row in rows]
