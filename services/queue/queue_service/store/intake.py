"""What the other services' events change: the work there is, and its order.

A row of `ready` is given after all that have a smaller rank: the hour in which its task was made,
less its priority; then come deadline, free slots and position (`domain.choice`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from queue_service.domain.choice import AGEING, EXPERIENCED_FROM

_NOW = "pg_current_xact_id()::text::bigint"
_LAST = 2**63 - 1
_NO_SHARD = 0
"""Where a honeypot has its row of `ready`: nobody looks there. To give one back writes what to give
work back writes, so that neither takes longer."""
# How far a row of `ready` is from being given, see `domain.choice`.
RANK = f"floor(extract(epoch FROM {{0}}) / {AGEING.total_seconds()})::int"
"""The hour of a time, from which its class of priority is taken off."""
_LOCK_SHARDS = "SELECT pg_advisory_xact_lock(4)"
# Under the lock, so that a shard with a smaller number never appears after one with a larger.
_ADD_SHARDS = """
INSERT INTO shards (project, stage, task_type, skills, circle)
SELECT DISTINCT project, stage, task_type, skills, circle
FROM jsonb_to_recordset($1::jsonb) AS t (project text, stage text, task_type text, skills text[],
    circle text)
ON CONFLICT DO NOTHING
"""
_MISSING = """
SELECT count(*) FROM (SELECT DISTINCT project, stage, task_type, skills, circle
    FROM jsonb_to_recordset($1::jsonb) AS t (project text, stage text, task_type text,
        skills text[], circle text)) t
WHERE NOT EXISTS (SELECT 1 FROM shards s WHERE (s.project, s.stage, s.task_type, s.skills,
    s.circle) = (t.project, t.stage, t.task_type, t.skills, t.circle))
"""
_ADD = """
WITH incoming AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (
        task_id uuid, stage text, subject uuid, project text, item_id uuid, external_id text,
        position bigint, batch uuid, spec_version int, task_type text, purpose text,
        priority smallint,
        due_at timestamptz, skills text[], circle text, payload jsonb,
        blob text, blob_size bigint, prelabels jsonb,
        context jsonb, target int, pick float8, moves_at timestamptz, review_id uuid,
        round smallint, created_at timestamptz)
)
INSERT INTO work (task_id, stage, subject, project, item_id, external_id, position, batch,
    spec_version, task_type, purpose, priority, due_at, skills, shard, payload, blob, blob_size,
    prelabels, context, target, pick, moves_at, review_id, round, created_at)
SELECT task_id, stage, subject, project, item_id, external_id, position, batch,
    spec_version, task_type, purpose, priority, due_at, skills, s.shard, payload, blob, blob_size,
    prelabels, context, target, pick, moves_at, review_id, coalesce(round, 1), created_at
FROM incoming i JOIN shards s USING (project, stage, task_type, skills, circle)
ON CONFLICT (stage, subject) DO NOTHING
RETURNING work_id
"""
_TASK = """
SELECT work_id, subject, project, item_id, external_id, position, batch, spec_version, task_type,
    priority, due_at, skills, payload, blob, blob_size, state
FROM work WHERE stage = 'annotate' AND subject = ANY($1)
"""
_LOCK_TASKS = f"{_TASK} ORDER BY work_id FOR NO KEY UPDATE"
# What was decided and is withdrawn is withdrawn, in whichever order the two are heard.
_CLOSE = """
UPDATE work SET state = $2, moves_at = NULL
WHERE work_id IN (SELECT w.work_id FROM work w
        JOIN unnest($1::uuid[], $4::uuid[]) AS t (task_id, item_id) USING (item_id, task_id)
        ORDER BY w.work_id FOR NO KEY UPDATE OF w)
    AND (purpose = 'work' OR $2 = 'withdrawn')
    AND stage = ANY($3) AND (state = 'open' OR (state = 'closed' AND $2 = 'withdrawn'))
RETURNING work_id
"""
# A statement of its own, begun after the lock: what was offered again just before is seen.
_TAKE_OUT = "DELETE FROM ready WHERE work_id = ANY($1)"
_RAISE = """
UPDATE work SET target = greatest(target, $2)
WHERE stage = 'annotate' AND subject = $1 AND state = 'open' RETURNING work_id
"""
# Work is ready under the newest version alone. While some becomes so, the version stays.
_HOLD_VERSION = """
SELECT pg_advisory_xact_lock_shared(hashtextextended(w.project, 5))
FROM (SELECT DISTINCT project FROM work WHERE work_id = ANY($1) ORDER BY project) w
"""
# After the lock on shards, as it is for whoever takes in work.
_LOCK_VERSION = """
SELECT pg_advisory_xact_lock(4), pg_advisory_xact_lock(hashtextextended($1, 5))
"""
_REFRESH = f"""
INSERT INTO ready (work_id, shard, rank, due, slots, position, entered, item_id, batch,
    spec_version, since)
SELECT w.work_id, CASE w.purpose WHEN 'work' THEN w.shard ELSE {_NO_SHARD} END,
    {RANK.format("w.created_at")} - w.priority,
    coalesce(extract(epoch FROM w.due_at) * 1000, {_LAST})::bigint,
    coalesce(w.target - w.answered - w.leased, 0), w.position, {_NOW}, w.item_id, w.batch,
    w.spec_version, w.created_at
FROM work w JOIN projects p USING (project)
WHERE w.work_id = ANY($1) AND w.state = 'open'
    AND (w.target IS NULL OR w.answered + w.leased < w.target)
    AND (w.stage = 'review' OR w.spec_version = p.newest_version)
ON CONFLICT (work_id) DO UPDATE SET shard = excluded.shard, rank = excluded.rank,
    slots = excluded.slots, entered = excluded.entered
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
DELETE FROM ready USING shards WHERE ready.shard = shards.shard AND shards.project = $1
    AND shards.stage <> 'review' AND ready.spec_version < $2
"""
_PAUSE = "UPDATE projects SET paused = $2 WHERE project = $1 RETURNING true"
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
DELETE FROM declined d USING shards s
WHERE d.annotator = $1 AND s.shard = d.shard AND s.project = $2
"""
_ANSWERS = """
SELECT a.body, a.answer_id FROM answers a
WHERE a.answer_id = ANY($1) ORDER BY a.answer_id
"""

_ANSWERS_TO = """
SELECT body FROM answers WHERE work_id = $1 AND release_at IS NULL ORDER BY answer_id
"""
# Only people who have worked in the project count: others may not be let into it.
_EXPERIENCED = f"""
SELECT EXISTS (SELECT 1 FROM history h
    JOIN annotators a ON a.annotator = h.annotator AND a.project = $4
    WHERE h.task_type = $1 AND h.stage = $2 AND h.answered >= {EXPERIENCED_FROM}
        AND h.last_at > $5::timestamptz - interval '1 day' AND a.standing <> 'suspended'
        AND NOT EXISTS (SELECT 1 FROM seen s
            WHERE s.annotator = h.annotator AND s.item_id = $3))
"""
_DUE_MOVES = """
SELECT w.work_id, w.project, w.stage, w.task_type, w.skills, w.priority, w.spec_version,
    w.created_at, s.circle
FROM work w JOIN shards s USING (shard) WHERE w.moves_at <= $1
ORDER BY w.work_id LIMIT 500 FOR UPDATE OF w SKIP LOCKED
"""
_MOVE = """
UPDATE work w SET shard = s.shard, skills = m.skills, priority = m.priority, moves_at = m.moves_at
FROM jsonb_to_recordset($1::jsonb) AS m (work_id bigint, project text, stage text, task_type text,
    skills text[], circle text, priority smallint, moves_at timestamptz)
    JOIN shards s USING (project, stage, task_type, skills, circle)
WHERE w.work_id = m.work_id
"""


async def add_work(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Take in work; what is there already stays as it is."""
    connection = await transaction.connection()
    await _add_shards(transaction, rows)
    added = await connection.fetch(_ADD, as_json(rows))
    await refresh(transaction, [row["work_id"] for row in added])


async def _add_shards(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    names = ("project", "stage", "task_type", "skills", "circle")
    shards = {tuple(map(str, (row[name] for name in names))): row for row in rows}
    wanted = as_json([{name: row[name] for name in names} for row in shards.values()])
    connection = await transaction.connection()
    if await connection.fetchval(_MISSING, wanted):
        await connection.execute(_LOCK_SHARDS)
        await connection.execute(_ADD_SHARDS, wanted)


async def task(transaction: Transaction, task_id: UUID, *, lock: bool) -> dict[str, Any] | None:
    """The annotate stage of a task, or None while it is not known.

    `lock`: what has happened to the task is seen by the statements after this one. Two events about
    one task may come by two topics, and be heard at once.
    """
    connection = await transaction.connection()
    if lock:
        return (await lock_tasks(transaction, [task_id])).get(task_id)
    row = await connection.fetchrow(_TASK, [task_id])
    return None if row is None else dict(row)


async def lock_tasks(
    transaction: Transaction, task_ids: Sequence[UUID]
) -> dict[UUID, dict[str, Any]]:
    """The annotate stages of those of the tasks that are known, locked in the order of the work."""
    connection = await transaction.connection()
    rows = await connection.fetch(_LOCK_TASKS, task_ids)
    return {row["subject"]: dict(row) for row in rows}


async def close_work(
    transaction: Transaction, tasks: Sequence[dict[str, Any]], state: str, stages: Sequence[str]
) -> None:
    """End the open work of tasks at `stages`; live leases stay."""
    connection = await transaction.connection()
    subjects = [task["subject"] for task in tasks]
    item_ids = [task["item_id"] for task in tasks]
    rows = await connection.fetch(_CLOSE, subjects, state, stages, item_ids)
    await connection.execute(_TAKE_OUT, [row["work_id"] for row in rows])


async def raise_target(transaction: Transaction, task_id: UUID, target: int) -> None:
    """Let more people answer; the larger target wins."""
    connection = await transaction.connection()
    work_ids = [row["work_id"] for row in await connection.fetch(_RAISE, task_id, target)]
    await refresh(transaction, work_ids)


async def refresh(transaction: Transaction, work_ids: Sequence[int]) -> None:
    """Put the open work among `work_ids` that has a free slot into the ready index.

    The caller holds the locks of these work rows.
    """
    if work_ids:
        connection = await transaction.connection()
        await connection.execute(_HOLD_VERSION, work_ids)
        await connection.execute(_REFRESH, work_ids)


async def reprioritize(transaction: Transaction, task: dict[str, Any], priority: int) -> None:
    """Make a task more or less urgent, at all its stages."""
    connection = await transaction.connection()
    rows = await connection.fetch(_REPRIORITIZE, task["item_id"], task["subject"], priority)
    await refresh(transaction, [row["work_id"] for row in rows])


async def add_spec(
    transaction: Transaction, project: str, version: int, spec_hash: str, document: dict[str, Any]
) -> None:
    """Keep a spec version; work under it is given, and none under an older one any more."""
    connection = await transaction.connection()
    await connection.execute(_LOCK_VERSION, project)
    await connection.execute(_PUBLISH, project, version, spec_hash, as_json(document))
    await connection.execute(_NEWEST, project, version)
    await connection.execute(_DROP_OLD, project, version)
    rows = await connection.fetch(_OF_VERSION, project, version)
    await refresh(transaction, [row["work_id"] for row in rows])


async def pause(transaction: Transaction, project: str, *, paused: bool) -> bool:
    """Give no more work of a project out, or go on. False if there is no such project."""
    connection = await transaction.connection()
    return bool(await connection.fetchval(_PAUSE, project, paused))


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
    """Keep an annotator's level in a skill in one project, and offer there what it declined."""
    connection = await transaction.connection()
    await connection.execute(_SKILL, annotator, project, skill, level)
    await connection.execute(_RECONSIDER, annotator, project)


async def answers_to(transaction: Transaction, work_id: int) -> list[dict[str, Any]]:
    """The bodies of all answers to a task that can't be undone any more."""
    connection = await transaction.connection()
    return [row["body"] for row in await connection.fetch(_ANSWERS_TO, work_id)]


async def is_anyone_experienced(
    transaction: Transaction, task: dict[str, Any], stage: str, now: datetime
) -> bool:
    """Whether somebody who may do such work on this task has done much of it, and lately."""
    connection = await transaction.connection()
    names = ("item_id", "project")
    known: bool = await connection.fetchval(
        _EXPERIENCED, task["task_type"], stage, *(task[name] for name in names), now
    )
    return known


async def due_moves(transaction: Transaction, now: datetime) -> list[dict[str, Any]]:
    """The work for which other people are to be asked now, locked."""
    connection = await transaction.connection()
    return [dict(row) for row in await connection.fetch(_DUE_MOVES, now)]


async def move(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Put work, locked by the caller, into other shards."""
    connection = await transaction.connection()
    await _add_shards(transaction, rows)
    await connection.execute(_MOVE, as_json(rows))
    await refresh(transaction, [row["work_id"] for row in rows])


async def answers(transaction: Transaction, answer_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The bodies of these answers, for an adjudicator to see; whose they are is not told."""
    connection = await transaction.connection()
    rows = await connection.fetch(_ANSWERS, answer_ids)
    return [row["body"] for row in rows]
