"""What the other services' events change."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.database import Session, as_json, raw

_ADD = """
WITH incoming AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (
        task_id uuid, stage text, subject uuid, project text, item_id uuid, external_id text,
        spec_version int, task_type text, purpose text, priority smallint, due_at timestamptz,
        skills text[], payload jsonb, prelabels jsonb, context jsonb, target int,
        created_at timestamptz)
), added AS (
    INSERT INTO work (task_id, stage, subject, project, item_id, external_id, spec_version,
        task_type, purpose, priority, due_at, skills, payload, prelabels, context, target,
        created_at)
    SELECT task_id, stage, subject, project, item_id, external_id, spec_version, task_type,
        purpose, priority, due_at, skills, payload, prelabels, context, target, created_at
    FROM incoming
    ON CONFLICT (stage, subject) DO NOTHING
    RETURNING *
)
INSERT INTO ready (work_id, project, stage, priority, due_at, slots, task_type, skills, item_id,
    spec_version, external_id)
SELECT a.work_id, a.project, a.stage, a.priority, coalesce(a.due_at, 'infinity'), a.target,
    a.task_type, a.skills, a.item_id, a.spec_version, a.external_id
FROM added a LEFT JOIN projects p USING (project)
WHERE a.purpose = 'work' AND (a.stage = 'review' OR a.spec_version >= coalesce(p.newest_version, 0))
"""
_TASK = """
SELECT work_id, project, item_id, external_id, spec_version, task_type, priority, due_at,
    skills, payload, state
FROM work WHERE stage = 'annotate' AND subject = $1
"""
_CLOSE = """
WITH closed AS (
    UPDATE work SET state = $2 WHERE task_id = $1 AND purpose = 'work' AND stage = ANY($3)
        AND state = 'open' RETURNING work_id
)
DELETE FROM ready USING closed WHERE ready.work_id = closed.work_id
"""
_RAISE = """
UPDATE work SET target = greatest(target, $2)
WHERE stage = 'annotate' AND subject = $1 AND state = 'open' RETURNING work_id
"""
_REFRESH = """
INSERT INTO ready (work_id, project, stage, priority, due_at, slots, task_type, skills, item_id,
    spec_version, external_id)
SELECT w.work_id, w.project, w.stage, w.priority, coalesce(w.due_at, 'infinity'),
    w.target - w.answered - w.leased, w.task_type, w.skills, w.item_id, w.spec_version,
    w.external_id
FROM work w LEFT JOIN projects p USING (project)
WHERE w.work_id = ANY($1) AND w.state = 'open' AND w.purpose = 'work'
    AND w.answered + w.leased < w.target
    AND (w.stage = 'review' OR w.spec_version >= coalesce(p.newest_version, 0))
ON CONFLICT (work_id) DO UPDATE SET slots = excluded.slots, priority = excluded.priority
"""
_REPRIORITIZE = (
    "UPDATE work SET priority = $2 WHERE subject = $1 AND state = 'open' RETURNING work_id"
)
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
DELETE FROM ready USING work WHERE ready.work_id = work.work_id AND work.project = $1
    AND work.stage <> 'review' AND work.spec_version < $2
"""
_STANDING = """
INSERT INTO annotators (annotator, project, standing) VALUES ($1, $2, $3)
ON CONFLICT (annotator, project) DO UPDATE SET standing = excluded.standing
"""
_SKILL = """
INSERT INTO skills (annotator, skill, level) VALUES ($1, $2, $3)
ON CONFLICT (annotator, skill) DO UPDATE SET level = excluded.level
"""
_ANSWERS = """
SELECT a.body, a.answer_id FROM answers a
WHERE a.answer_id = ANY($1) ORDER BY a.answer_id
"""


async def add_work(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Take in work; what is there already stays as it is."""
    connection = await raw(session)
    await connection.execute(_ADD, as_json(rows))


async def task(session: Session, task_id: UUID) -> dict[str, Any] | None:
    """The annotate stage of a task, or None while it is not known."""
    connection = await raw(session)
    row = await connection.fetchrow(_TASK, task_id)
    return None if row is None else dict(row)


async def close_work(session: Session, task_id: UUID, state: str, stages: Sequence[str]) -> None:
    """End the open work of a task at `stages`; live leases stay."""
    connection = await raw(session)
    await connection.execute(_CLOSE, task_id, state, stages)


async def raise_target(session: Session, task_id: UUID, target: int) -> None:
    """Let more people answer; the larger target wins."""
    connection = await raw(session)
    work_ids = [row["work_id"] for row in await connection.fetch(_RAISE, task_id, target)]
    await refresh(session, work_ids)


async def refresh(session: Session, work_ids: Sequence[int]) -> None:
    """Put the open work among `work_ids` that has a free slot into the ready index.

    The caller holds the locks of these work rows.
    """
    if work_ids:
        connection = await raw(session)
        await connection.execute(_REFRESH, work_ids)


async def reprioritize(session: Session, task_id: UUID, priority: int) -> None:
    """Make a task more or less urgent."""
    connection = await raw(session)
    work_ids = [row["work_id"] for row in await connection.fetch(_REPRIORITIZE, task_id, priority)]
    await refresh(session, work_ids)


async def add_spec(
    session: Session, project: str, version: int, spec_hash: str, document: dict[str, Any]
) -> None:
    """Keep a spec version; work under an older one is not given any more."""
    connection = await raw(session)
    await connection.execute(_PUBLISH, project, version, spec_hash, as_json(document))
    await connection.execute(_NEWEST, project, version)
    await connection.execute(_DROP_OLD, project, version)


async def set_standing(session: Session, annotator: str, project: str, standing: str) -> None:
    """Keep what quality says of an annotator."""
    connection = await raw(session)
    await connection.execute(_STANDING, annotator, project, standing)


async def set_skill(session: Session, annotator: str, skill: str, level: int) -> None:
    """Keep an annotator's level in a skill."""
    connection = await raw(session)
    await connection.execute(_SKILL, annotator, skill, level)


async def answers(session: Session, answer_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The bodies of these answers, for an adjudicator to see; whose they are is not told."""
    connection = await raw(session)
    rows = await connection.fetch(_ANSWERS, answer_ids)
    return [row["body"] for row in rows]
