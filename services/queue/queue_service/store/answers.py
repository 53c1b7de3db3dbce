"""Leases that come back with an answer, a draft or a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from chassis.db.database import Transaction, as_json
from queue_service.domain.leases import Held, Holder, Work
from queue_service.store.leasing import as_work

_HELD = """
SELECT l.lease_id, l.annotator, l.kind, l.leased_at, l.expires_at, l.ended, l.prelabel,
    coalesce(a.standing, 'new') AS standing,
    coalesce(p.newest_version, w.spec_version) AS newest_version,
    w.work_id, w.task_id, w.stage, w.subject, w.project, w.item_id, w.external_id, w.spec_version,
    w.task_type, w.purpose, w.state, w.payload, w.blob, w.blob_size, w.prelabels, w.context,
    w.review_id, w.round, z.hash AS spec_hash{more}
FROM leases l JOIN work w USING (work_id)
    JOIN specs z ON z.project = w.project AND z.version = w.spec_version
    LEFT JOIN annotators a ON a.annotator = l.annotator AND a.project = w.project
    LEFT JOIN projects p ON p.project = w.project
"""
_HELD_LOCKED = _HELD.format(more="") + (
    " WHERE l.lease_id = ANY($1) ORDER BY l.lease_id FOR UPDATE OF l"
)
# Drafts are large: they are read only where they are shown.
_HELD_OPEN = (
    _HELD.format(more=", d.draft")
    + """
    LEFT JOIN drafts d ON d.annotator = l.annotator AND d.item_id = w.item_id
WHERE l.annotator = $1 AND l.ended IS NULL AND l.expires_at > $2
    AND ($3::text[] IS NULL OR w.project = ANY($3))
ORDER BY l.leased_at
"""
)
# The lock on a work row gives events about one task the order of their commits. Everybody locks
# work before honeypots, each by number: see `store.leasing`.
_ANSWER = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS g (lease_id uuid, answer_id uuid,
        work_id bigint, annotator text, item_id uuid, body jsonb, release_at timestamptz,
        counts boolean, takes_slot boolean)
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
_DECLINE = """
INSERT INTO declined (annotator, shard)
SELECT $1, shard FROM work WHERE work_id = $2 AND skills <> '{}' ON CONFLICT DO NOTHING
"""
_CLOSE = """
WITH closed AS (
    UPDATE work SET state = 'closed', moves_at = NULL WHERE work_id = $1 RETURNING work_id
)
DELETE FROM ready USING closed WHERE ready.work_id = closed.work_id
"""
_GIVEN = "SELECT answer_id, body, submitted_at, release_at FROM answers WHERE lease_id = $1"
_CHANGE = "UPDATE answers SET body = $2::jsonb, submitted_at = $3 WHERE lease_id = $1"
# The lease is what is locked: whoever changes an answer has locked it too.
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
_BEAT = "UPDATE leases SET expires_at = greatest(expires_at, $2) WHERE lease_id = $1"
_DRAFT = """
INSERT INTO drafts (annotator, item_id, draft, saved_at) VALUES ($1, $2, $3::jsonb, $4)
ON CONFLICT (annotator, item_id)
    DO UPDATE SET draft = excluded.draft, saved_at = excluded.saved_at
"""
DRAFTS_MAX = 200
"""Of one annotator, more than it can hold leases; the oldest are dropped."""
_DROP_OLD_DRAFTS = f"""
DELETE FROM drafts WHERE annotator = $1 AND item_id IN (
    SELECT item_id FROM drafts WHERE annotator = $1
    ORDER BY saved_at DESC, item_id OFFSET {DRAFTS_MAX})
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to be kept. `release_at`: it can be changed until then."""

    held: Held
    answer_id: UUID
    body: dict[str, Any]
    release_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was taken. `release_at`: it can still be changed until then."""

    answer_id: UUID
    body: dict[str, Any]
    submitted_at: datetime
    release_at: datetime | None


async def held(transaction: Transaction, lease_ids: Sequence[UUID]) -> dict[UUID, Held]:
    """Leases with their work, the leases locked."""
    connection = await transaction.connection()
    rows = await connection.fetch(_HELD_LOCKED, lease_ids)
    return {row["lease_id"]: _as_held(row) for row in rows}


async def open_leases(
    transaction: Transaction, holder: Holder, now: datetime
) -> list[tuple[Held, JsonValue]]:
    """The leases that the holder of a token holds in its projects, each with its draft."""
    connection = await transaction.connection()
    projects = None if holder.projects is None else sorted(holder.projects)
    rows = await connection.fetch(_HELD_OPEN, holder.annotator, now, projects)
    return [(_as_held(row), row["draft"]) for row in rows]


async def given(transaction: Transaction, lease_id: UUID) -> Given | None:
    """The answer that was given with a lease."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_GIVEN, lease_id)
    if row is None:
        return None
    return _as_given(row)


async def add_answers(transaction: Transaction, answers: Sequence[Answer], now: datetime) -> None:
    """Keep answers and end their leases; a person's answer to work takes the slot for good."""
    rows = [
        {
            "lease_id": one.held.lease_id,
            "answer_id": one.answer_id,
            "work_id": one.held.work.work_id,
            "annotator": one.held.annotator,
            "item_id": one.held.work.item_id,
            "body": one.body,
            "release_at": one.release_at,
            "counts": one.held.kind == "human",
            "takes_slot": one.held.work.purpose == "work" and one.held.kind == "human",
        }
        for one in answers
    ]
    connection = await transaction.connection()
    await connection.execute(_ANSWER, as_json(rows), now)


async def reviewers(transaction: Transaction, review_id: UUID) -> list[str]:
    """Who looked at a review so far, in order."""
    connection = await transaction.connection()
    return [row["annotator"] for row in await connection.fetch(_REVIEWERS, review_id)]


async def add_history(transaction: Transaction, annotator: str, work: Work, now: datetime) -> None:
    """Count an answer at a later stage: people with a history are asked first."""
    connection = await transaction.connection()
    await connection.execute(_HISTORY, annotator, work.task_type, work.stage, now)


async def decline(transaction: Transaction, annotator: str, work_id: int) -> None:
    """Offer no more of what needs the same skills to an annotator who lacks them.

    Where work names no skill there is nothing to tell it by, and only this task is not for them.
    """
    connection = await transaction.connection()
    await connection.execute(_DECLINE, annotator, work_id)


async def close(transaction: Transaction, work_id: int) -> None:
    """The work is done; nobody else need do it."""
    connection = await transaction.connection()
    await connection.execute(_CLOSE, work_id)


async def change_answer(
    transaction: Transaction, lease_id: UUID, body: dict[str, Any], now: datetime
) -> None:
    """Replace an answer that is still held."""
    connection = await transaction.connection()
    await connection.execute(_CHANGE, lease_id, as_json(body), now)


async def projects_due(transaction: Transaction, now: datetime) -> list[str]:
    """Projects with held answers whose time has come."""
    connection = await transaction.connection()
    return [row["project"] for row in await connection.fetch(_PROJECTS_DUE, now)]


async def due_answers(transaction: Transaction, project: str, now: datetime) -> dict[UUID, Given]:
    """The held answers of a project whose time has come, by lease; they are held no more."""
    connection = await transaction.connection()
    due = [row["lease_id"] for row in await connection.fetch(_DUE, now, project)]
    rows = await connection.fetch(_RELEASE, due, now) if due else []
    return {row["lease_id"]: _as_given(row) for row in rows}


async def beat(transaction: Transaction, lease_id: UUID, expires_at: datetime) -> None:
    """Let a lease hold longer."""
    connection = await transaction.connection()
    await connection.execute(_BEAT, lease_id, expires_at)


async def save_draft(transaction: Transaction, held: Held, draft: JsonValue, now: datetime) -> None:
    """Keep an unfinished answer for its annotator, beyond the lease; drop its oldest drafts."""
    connection = await transaction.connection()
    text = as_json(draft)
    await connection.execute(_DRAFT, held.annotator, held.work.item_id, text, now)
    await connection.execute(_DROP_OLD_DRAFTS, held.annotator)


def _as_given(row: Any) -> Given:  # noqa: ANN401
    return Given(row["answer_id"], row["body"], row["submitted_at"], row["release_at"])


def _as_held(row: Any) -> Held:  # noqa: ANN401
    names = ("lease_id", "annotator", "kind", "leased_at", "expires_at", "ended", "prelabel")
    more = ("standing", "newest_version", "review_id", "round")
    return Held(**{name: row[name] for name in names + more}, work=as_work(row))
